"""The files that a change touches, and which of them belong to the gate."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from meridian import git
from meridian.errors import CouldNotTell, UserError
from meridian.gate.finding import Finding
from meridian.gate.rules.owned import GATE_CHANGED, is_gate_file
from meridian.modules import ledger
from meridian.modules.ledger import Row

SPECIAL = {"120000": "a link", "160000": "a submodule"}
"""Git's modes of entries that refer to files elsewhere."""


@dataclass(frozen=True)
class Change:
    """The difference between the commits `base` and `head`; `folder` is a checkout of `head`."""

    folder: Path
    base: str
    head: str
    files: tuple[str, ...]
    """Relative to `folder`."""
    special: tuple[tuple[str, str], ...] = ()
    """Links and submodules, each with its kind."""
    unreviewed: tuple[Row, ...] = ()
    """Released versions whose commits are not in the base: no review has seen them."""

    @property
    def findings(self) -> list[Finding]:
        """A finding for each changed file of the gate, each link or submodule, and each unreviewed version."""
        found = [
            GATE_CHANGED.finding(f"{name} is part of the gate and is changed.", file=name)
            for name in self.files
            if is_gate_file(name)
        ]
        found += [
            GATE_CHANGED.finding(f"{name} is {kind}: the owners of its target are unknown.", file=name)
            for name, kind in self.special
            if not is_gate_file(name)
        ]
        return found + [
            GATE_CHANGED.finding(
                f"{row.module} {row.version} is commit {row.commit[:12]}, which the base does not contain: its build"
                " script runs at deployment, and this change does not show it.",
                file=ledger.LEDGER.as_posix(),
            )
            for row in self.unreviewed
        ]


def read_change(before: Path, folder: Path) -> Change:
    """Return the difference from the checkout `before` to the checkout `folder`, with uncommitted files.

    Raises UserError if one of them is not a repository, CouldNotTell if the history between them is missing.
    """
    base, head = (git.run_git(where, "rev-parse", "HEAD").decode().strip() for where in (before, folder))
    try:
        changed = _diff(folder, f"{base}...{head}")
    except UserError as error:
        raise CouldNotTell(
            f"{folder.name}: its changes since {base[:12]} cannot be read: {error.message}",
            "Fetch the whole history (actions/checkout with fetch-depth: 0).",
        ) from error
    changed |= _diff(folder, "HEAD")
    for name in _split(git.run_git(folder, "ls-files", "--others", "--exclude-standard", "-z")):
        changed.add((name, "120000" if (folder / name).is_symlink() else ""))
    special = sorted((name, SPECIAL[mode]) for name, mode in changed if mode in SPECIAL)
    files = tuple(sorted({name for name, _ in changed}))
    return Change(folder, base, head, files, tuple(special), tuple(_find_unreviewed(before, folder)))


def _find_unreviewed(before: Path, folder: Path) -> Iterator[Row]:
    in_base: dict[str, bool] = {}
    known = set(ledger.read_ledger(before).values())
    for row in ledger.read_ledger(folder).values():
        if row in known:
            continue
        if row.commit not in in_base:
            try:
                git.run_git(before, "merge-base", "--is-ancestor", row.commit, "HEAD")
                in_base[row.commit] = True
            except UserError:
                in_base[row.commit] = False
        if not in_base[row.commit]:
            yield row


def _diff(folder: Path, revisions: str) -> set[tuple[str, str]]:
    """Return the changed files, each with git's mode after the change."""
    fields = _split(git.run_git(folder, "diff", "--raw", "--no-renames", "--ignore-submodules=none", "-z", revisions))
    return {(name, about.split()[1]) for about, name in zip(fields[::2], fields[1::2], strict=True)}


def _split(listed: bytes) -> list[str]:
    return [name for name in listed.decode(errors="replace").split("\0") if name]
