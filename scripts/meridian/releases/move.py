"""A module that goes from one released version to another in one environment, and what that means."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from meridian.errors import UserError
from meridian.inventory.problems import listed, shown
from meridian.modules import contract
from meridian.modules.ledger import LEDGER, Row
from meridian.releases import history
from meridian.releases.difference import differences
from meridian.releases.standing import releases_of


@dataclass(frozen=True)
class Move:
    """From one version (None: not there yet) to another; commits that come or, on the way back, go."""

    module: str
    before: str | None
    after: str
    commits: list[str]
    differences: list[str]

    def lines(self) -> list[str]:
        """Return what a person reads about it."""
        verb = "commits" if self.before is None or _order(self.before) < _order(self.after) else "commits taken back"
        return [
            f"{self.module} {self.before or '(new here)'} -> {self.after}",
            f"  {verb}:",
            *(f"    {one}" for one in self.commits or ["none"]),
            "  inputs and outputs:",
            *(f"    {one}" for one in self.differences or ["the same"]),
        ]

    def row(self) -> dict[str, Any]:
        """Return it as a report has it."""
        return asdict(self)


def between(root: Path, before: Row | None, after: Row) -> Move:
    """Return what lies between two released versions. UserError in a clone without the history."""
    if before is None:
        return Move(after.module, None, after.version, [], [])
    history.require_whole(root)
    old, new = sorted((before, after), key=lambda row: row.order)
    return Move(
        after.module,
        before.version,
        after.version,
        history.commits_between(root, old, new),
        [
            one.text
            for one in differences(contract.read(root, after.module, before), contract.read(root, after.module, after))
        ],
    )


def released(releases: Mapping[tuple[str, str], Row], module: str, version: str) -> Row:
    """Return the row of a version; UserError lists those there are."""
    if (module, version) in releases:
        return releases[module, version]
    known = releases_of(releases, module)
    raise UserError(
        f"{module} {shown(version)} is not in {LEDGER}.", f"Released: {listed(row.version for row in known)}."
    )


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
