"""The files that a change touches, and which of them belong to the gate."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from meridian import git
from meridian.errors import CouldNotTell, UserError
from meridian.gate.accepted.compare import describe_changes
from meridian.gate.finding import Finding
from meridian.gate.rules.owned import GATE_CHANGED, is_gate_file
from meridian.modules import ledger
from meridian.review.weaker import find_weaker

PICTURE = re.compile(r"modules/[^/]+/accepted\.json")
LINK, SUBMODULE = "120000", "160000"
"""Git's modes of entries that refer to files elsewhere."""


@dataclass(frozen=True)
class Change:
    """The difference between the commits `base` and `head`; `folder` is a checkout of `head`."""

    folder: Path
    base: str
    head: str
    findings: tuple[Finding, ...]
    """What an owner releases: files of the gate, links, versions without a review, weaker keys of the inventory."""

    def diff(self, *paths: str) -> str:
        """Return the committed changes of files, as git shows them without the change's settings."""
        plain = ("--no-color", "--no-ext-diff", "--no-textconv", "--text")
        shown = git.run_git(self.folder, "diff", *plain, f"{self.base}...{self.head}", "--", *paths)
        return shown.decode(errors="replace")

    def released_diff(self) -> str:
        """Return the diff of the files that an owner releases."""
        files = dict.fromkeys(one.file for one in self.findings)
        return self.diff(*(f":(literal){name}" for name in files)) if files else ""


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
        changed.add((name, LINK if (folder / name).is_symlink() else ""))
    found = dict.fromkeys(_find_gate_changes(before, folder, sorted(changed)))
    more = (*_find_unreviewed(before, folder), *find_weaker(before, folder))
    return Change(folder, base, head, (*found, *more))


def _find_gate_changes(before: Path, folder: Path, changed: list[tuple[str, str]]) -> Iterator[Finding]:
    for name, mode in changed:
        accepted = PICTURE.fullmatch(name) and describe_changes(before / name, folder / name)
        if accepted:
            for what in accepted:
                yield GATE_CHANGED.finding(f"{name} accepts more or other: {what}.", file=name)
        elif is_gate_file(name):
            yield GATE_CHANGED.finding(f"{name} is part of the gate and is changed.", file=name)
        elif mode in {LINK, SUBMODULE}:
            kind = "link" if mode == LINK else "submodule"
            yield GATE_CHANGED.finding(f"{name} is a {kind}: the owners of its target are unknown.", file=name)


def _find_unreviewed(before: Path, folder: Path) -> Iterator[Finding]:
    """Yield a finding for each new released version whose commit the base does not contain."""
    known = set(ledger.read_ledger(before).values())
    for row in ledger.read_ledger(folder).values():
        if row not in known and not _contains(before, row.commit):
            what = (
                f"{row.module} {row.version} is commit {row.commit[:12]}, which the base does not contain: its build"
                " script runs at deployment, and this change does not show it."
            )
            yield GATE_CHANGED.finding(what, file=ledger.LEDGER.as_posix())


def _contains(root: Path, commit: str) -> bool:
    try:
        git.run_git(root, "merge-base", "--is-ancestor", commit, "HEAD")
    except UserError:
        return False
    return True


def _diff(folder: Path, revisions: str) -> set[tuple[str, str]]:
    """Return the changed files, each with git's mode after the change."""
    fields = _split(git.run_git(folder, "diff", "--raw", "--no-renames", "--ignore-submodules=none", "-z", revisions))
    return {(name, about.split()[1]) for about, name in zip(fields[::2], fields[1::2], strict=True)}


def _split(listed: bytes) -> list[str]:
    return [name for name in listed.decode(errors="replace").split("\0") if name]
