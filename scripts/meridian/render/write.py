"""Compare the rendered files with the disk, then write all of them or none."""

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from meridian.errors import CouldNotTell, OperationFailed, UserError
from meridian.render import marker
from meridian.render.plan import ROOT
from meridian.render.tree import Tree

STAGING = "live/.meridian-staged"
Kind = Literal["missing", "stale", "extra", "foreign"]
MEANING: dict[Kind, str] = {
    "missing": "missing: not written yet",
    "stale": "stale: the inventory and the modules render another text",
    "extra": "extra: the inventory no longer asks for it",
    "foreign": "not generated: it has no marker line, or a link or folder is in its place",
}


@dataclass(frozen=True)
class Change:
    """One file that differs: its path in the repository, its text on disk and its rendered text (None: no file)."""

    path: str
    kind: Kind
    before: str | None
    after: str | None


def compare_files(files: Mapping[str, str], root: Path, tree: Tree) -> list[Change]:
    """Return the differences between rendered files (path to text) and the disk, by path.

    Raises CouldNotTell for a file that cannot be read.
    """
    changes = [change for path, text in files.items() if (change := _compared(path, text, root, tree))]
    for path in tree.files - files.keys():
        before = _read(root, path)
        if marker.is_generated(before):
            changes.append(Change(path, "extra", before, None))
    return sorted(changes, key=lambda change: change.path)


def find_ungenerated(files: Mapping[str, str], root: Path, tree: Tree) -> list[str]:
    """Return the units and environments below live/ without a marker; `generate` never touches them."""
    return sorted(path for path in tree.files - files.keys() if not marker.is_generated(_read(root, path)))


def _compared(path: str, after: str, root: Path, tree: Tree) -> Change | None:
    if tree.has_link_in(path):
        return Change(path, "foreign", None, after)
    try:
        # Thousands of files: a Path for each would take longer than reading it.
        with open(f"{root}/{path}", "rb") as stream:  # noqa: PTH123
            data = stream.read()
    except FileNotFoundError:
        return Change(path, "missing", None, after)
    except (IsADirectoryError, NotADirectoryError):
        return Change(path, "foreign", None, after)
    except OSError as error:
        raise _unreadable(path, error) from error
    if data == after.encode():
        return None
    before = data.decode("utf-8", "replace")
    return Change(path, "stale" if marker.is_generated(before) else "foreign", before, after)


def require_generated(changes: Sequence[Change]) -> None:
    """Raise UserError with the name of every file that `generate` may not replace."""
    foreign = [change.path for change in changes if change.kind == "foreign"]
    if foreign:
        old = "Older versions had a root terragrunt.hcl that was written by hand. " if ROOT in foreign else ""
        raise UserError(
            "\n".join(f"{path}: is not generated (no marker line, or a link leads to it)." for path in foreign),
            f"{old}`meridian generate` never replaces such a file. Move it away: "
            f"`mv {foreign[0]} {foreign[0].rpartition('/')[2]}.old && meridian generate`.",
        )


def write_changes(changes: Sequence[Change], root: Path) -> None:
    """Write and delete: first every text below live/.meridian-staged, then one rename for each file, then deletions.

    What a killed run has left there is removed. Raises OperationFailed if the disk refuses; nothing is changed if it
    refuses before the first rename.
    """
    staging = root / STAGING
    written = [change for change in changes if change.after is not None]
    path = STAGING
    try:
        if os.path.lexists(staging):
            shutil.rmtree(staging)
        for change in written:
            path = change.path
            for file in (staging / path, root / path):
                file.parent.mkdir(parents=True, exist_ok=True)
            write_new_file(str(staging / path), change.after or "")
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise OperationFailed(f"{path}: {error.strerror or error}. Nothing was changed.") from error
    try:
        for change in written:
            (staging / change.path).replace(root / change.path)
        for change in changes:
            if change.after is None:
                (root / change.path).unlink(missing_ok=True)
                _drop_empty((root / change.path).parent, root)
        shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        name = error.filename2 or error.filename
        raise OperationFailed(f"{name}: {error.strerror}.", "Run `meridian generate` again to finish.") from error


def write_new_file(temporary: str, text: str) -> None:
    """Write a new file; OSError if anything has its name, a link for instance."""
    # Modes come from the user's mask, as for any file in a checkout.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(handle, "wb") as stream:
        stream.write(text.encode())


def _drop_empty(folder: Path, root: Path) -> None:
    """Remove a folder of the repository and those above it, as far as they are empty."""
    with contextlib.suppress(OSError):
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def _read(root: Path, path: str) -> str:
    try:
        return (root / path).read_text("utf-8", "replace")
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: OSError) -> CouldNotTell:
    return CouldNotTell(f"{path}: cannot be read: {error.strerror}.", "Nothing was changed.")
