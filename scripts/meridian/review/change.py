"""What a change changes: its files, and among them those that judge."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from meridian.errors import CouldNotTell, UserError
from meridian.modules import git, ledger
from meridian.modules.ledger import Row
from meridian.scan.finding import Finding
from meridian.scan.owned import CHANGED, judges

STAND_INS = {"120000": "a link", "160000": "a submodule"}
"""What git's mode of a file says it is, where it is none."""


@dataclass(frozen=True)
class Change:
    """A checkout that differs from the one before it; `base` and `head` are commits.

    `files` are relative to it, `stand_ins` those that only stand for a file, with what they are, and `unseen` the
    released versions of its ledger whose commits the base does not hold: no review has seen them.
    """

    folder: Path
    base: str
    head: str
    files: tuple[str, ...]
    stand_ins: tuple[tuple[str, str], ...] = ()
    unseen: tuple[Row, ...] = ()

    @property
    def of_gate(self) -> list[Finding]:
        """A finding for each file of the gate that is not as before, and for what stands for files elsewhere."""
        found = [
            CHANGED.finding(f"{name} is a part of the gate and is changed.", file=name)
            for name in self.files
            if judges(name)
        ]
        found += [
            CHANGED.finding(f"{name} is {what}: who owns what it stands for, nobody can tell.", file=name)
            for name, what in self.stand_ins
            if not judges(name)
        ]
        return found + [
            CHANGED.finding(
                f"{row.module} {row.version} is commit {row.commit[:12]}, which the base does not hold: its build"
                " script runs where it is deployed, and this change does not show it.",
                file=ledger.LEDGER.as_posix(),
            )
            for row in self.unseen
        ]


def read(before: Path, folder: Path) -> Change:
    """Return what the checkout `folder` changes of the checkout `before`, what is not committed included.

    Raises UserError where one of them is no repository, CouldNotTell where the history between them is missing.
    """
    base, head = (git.run(where, "rev-parse", "HEAD").decode().strip() for where in (before, folder))
    try:
        changed = _raw(folder, f"{base}...{head}")
    except UserError as error:
        raise CouldNotTell(
            f"{folder.name}: what it changes since {base[:12]} cannot be read: {error.message}",
            "Fetch the whole history (actions/checkout with fetch-depth: 0).",
        ) from error
    changed |= _raw(folder, "HEAD")
    for name in _split(git.run(folder, "ls-files", "--others", "--exclude-standard", "-z")):
        changed.add((name, "120000" if (folder / name).is_symlink() else ""))
    stand_ins = sorted((name, STAND_INS[mode]) for name, mode in changed if mode in STAND_INS)
    files = tuple(sorted({name for name, _ in changed}))
    return Change(folder, base, head, files, tuple(stand_ins), tuple(_unseen(before, folder)))


def _unseen(before: Path, folder: Path) -> Iterator[Row]:
    held: dict[str, bool] = {}
    known = set(ledger.load(before).values())
    for row in ledger.load(folder).values():
        if row in known:
            continue
        if row.commit not in held:
            try:
                git.run(before, "merge-base", "--is-ancestor", row.commit, "HEAD")
                held[row.commit] = True
            except UserError:
                held[row.commit] = False
        if not held[row.commit]:
            yield row


def _raw(folder: Path, what: str) -> set[tuple[str, str]]:
    """Return the files that differ, with git's mode of each after the change."""
    fields = _split(git.run(folder, "diff", "--raw", "--no-renames", "--ignore-submodules=none", "-z", what))
    return {(name, about.split()[1]) for about, name in zip(fields[::2], fields[1::2], strict=True)}


def _split(listed: bytes) -> list[str]:
    return [name for name in listed.decode(errors="replace").split("\0") if name]
