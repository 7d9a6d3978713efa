"""Compare what must be with what is on disk; then write it, whole or not at all."""

import contextlib
import errno
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from meridian.errors import CouldNotTell, OperationFailed, UserError
from meridian.generate import marker
from meridian.generate.tree import TEMPORARY, Tree

Kind = Literal["missing", "stale", "merged", "extra", "edited", "foreign"]
MEANING: dict[Kind, str] = {
    "missing": "missing: not written yet",
    "stale": "stale: the inventory or a module says otherwise now",
    "merged": "merged: its text is right, its hash is not; git merged two branches that were rendered apart",
    "extra": "extra: nothing in the inventory asks for it any more",
    "edited": "hand-edited: its text does not fit its hash; edited by hand, or merged by git from two branches",
    "foreign": "not generated: another file is in the way",
}


@dataclass(frozen=True)
class Change:
    """One file that differs: its path below live/, and its text as it is (None: absent) and as it must be."""

    path: str
    kind: Kind
    before: str | None
    after: str | None


def compare(files: Mapping[str, str], live: Path, tree: Tree) -> list[Change]:
    """Return what differs between the files that must be (path below live/ to text) and the disk, by path.

    Raises CouldNotTell for a file that cannot be read.
    """
    changes = [change for path, text in files.items() if (change := _compared(path, text, live, tree))]
    for path in tree.files - files.keys():
        before = _read(live, path)
        found = marker.read(before)
        if found:
            changes.append(Change(path, "extra" if found.intact else "edited", before, None))
    return sorted(changes, key=lambda change: change.path)


def strangers(files: Mapping[str, str], live: Path, tree: Tree) -> list[str]:
    """Return the units and environments below live/ that nobody generated; they are left alone."""
    return sorted(path for path in tree.files - files.keys() if marker.read(_read(live, path)) is None)


def _compared(path: str, after: str, live: Path, tree: Tree) -> Change | None:
    if tree.link_in(path):
        return Change(path, "foreign", None, after)
    try:
        if path not in tree.files and not stat.S_ISREG(os.lstat(f"{live}/{path}").st_mode):
            # A folder, or something without content to show, is in the way.
            return Change(path, "foreign", None, after)
        # Thousands of files: a Path for each would take longer than reading it.
        with open(f"{live}/{path}", "rb") as stream:  # noqa: PTH123
            data = stream.read()
    except FileNotFoundError:
        return Change(path, "missing", None, after)
    except NotADirectoryError:
        return Change(path, "foreign", None, after)
    except OSError as error:
        raise _unreadable(path, error) from error
    if data == after.encode():
        return None
    before = data.decode("utf-8", "surrogateescape")
    found = marker.read(before)
    if found is None:
        return Change(path, "foreign", before, after)
    # Text that is right already is nobody's edit, whatever a merge did to the hash above it.
    wanted = marker.read(after)
    if found.intact:
        return Change(path, "stale", before, after)
    right = wanted is not None and found.body == wanted.body
    return Change(path, "merged" if right else "edited", before, after)


def require_ours(changes: Sequence[Change], *, force: bool) -> None:
    """Raise UserError that names every file which is not ours to replace or delete; `force` takes edited ones."""
    foreign = [change.path for change in changes if change.kind == "foreign"]
    if foreign:
        raise UserError(
            "\n".join(
                f"live/{path}: is not generated (no marker in line 1), or a link leads to it." for path in foreign
            ),
            "Move it away and run `meridian generate`: what has no marker is never replaced.",
        )
    edited = [change.path for change in changes if change.kind == "edited"]
    if edited and not force:
        raise UserError(
            "\n".join(f"live/{path}: was edited by hand, or merged by git from two branches." for path in edited),
            "`meridian generate --check` shows the difference. Put what you need into live/inventory.yaml "
            "or the module, then run `meridian generate --force`.",
        )


def apply(
    changes: Sequence[Change], live: Path, tree: Tree, staged_elsewhere: Sequence[tuple[Path, Path]] = ()
) -> None:
    """Write and delete: first every text beside its place, then one rename a file, then the deletions.

    What a killed run left goes as well. `staged_elsewhere` are files of the repository, written already: their
    temporary names, and the places to which they are renamed before all others. Raises
    OperationFailed, after taking back what was begun, if the disk refuses.
    """
    staged = _staged(changes, live, tree)
    try:
        for first, place in staged_elsewhere:
            first.replace(place)
        for temporary, path in staged:
            Path(temporary).replace(f"{live}/{path}")
        for change in changes:
            if change.after is None:
                (live / change.path).unlink(missing_ok=True)
                _drop_empty((live / change.path).parent, live)
    except OSError as error:
        name = error.filename2 or error.filename
        raise OperationFailed(f"{name}: {error.strerror}.", "Run `meridian generate` again to finish.") from error


def _staged(changes: Sequence[Change], live: Path, tree: Tree) -> list[tuple[str, str]]:
    """Write every text under a temporary name beside its place; return the names with the places below live/."""
    staged: list[tuple[str, str]] = []
    folders = {""}
    path = ""
    try:
        for path in tree.leftovers:
            (live / path).unlink(missing_ok=True)
            _drop_empty((live / path).parent, live)
        for path in tree.empty:
            _drop_empty(live / path, live)
        for number, change in enumerate(one for one in changes if one.after is not None):
            path = change.path
            folder = path.rpartition("/")[0]
            _make(folder, live, folders)
            staged.append((f"{live}/{folder}/{TEMPORARY[0]}{os.getpid()}-{number}{TEMPORARY[1]}", path))
            stage(staged[-1][0], change.after or "")
    except OSError as error:
        for temporary, _ in staged:
            with contextlib.suppress(OSError):
                Path(temporary).unlink(missing_ok=True)
            _drop_empty(Path(temporary).parent, live)
        raise OperationFailed(f"live/{path}: {error.strerror}. Nothing was changed.") from error
    return staged


def _make(folder: str, live: Path, known: set[str]) -> None:
    """Make a folder below live/, once; `known` are those that were seen. A link or a step upwards is refused."""
    if folder in known:
        return
    above, _, name = folder.rpartition("/")
    _make(above, live, known)
    path = live / folder
    if name in {"", "..", "."} or path.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder below live/", str(path))
    path.mkdir(exist_ok=True)
    known.add(folder)


def stage(temporary: str, text: str) -> None:
    """Write a file that is not there yet; OSError if anything is, a link for instance."""
    # Modes come from the user's mask, as for any file in a checkout.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(handle, "wb") as stream:
        stream.write(text.encode())


def _drop_empty(folder: Path, live: Path) -> None:
    with contextlib.suppress(OSError):
        while folder != live:
            folder.rmdir()
            folder = folder.parent


def _read(live: Path, path: str) -> str:
    try:
        return (live / path).read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: OSError) -> CouldNotTell:
    return CouldNotTell(f"live/{path}: cannot be read: {error.strerror}.", "Nothing was changed.")
