"""A module that moves from one released version to another in one environment."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from meridian.change import history
from meridian.change.difference import find_differences
from meridian.change.proposal import finish, propose
from meridian.errors import Exit
from meridian.inventory import edit
from meridian.modules import contract
from meridian.modules.ledger import Row
from meridian.render.write import Change


@dataclass(frozen=True)
class Move:
    """From one version (None: not there yet) to another; the commits are added or, on the way back, removed."""

    module: str
    before: str | None
    after: str
    commits: list[str]
    differences: list[str]

    def lines(self) -> list[str]:
        """Return the move as lines of text."""
        forward = self.before is None or _order(self.before) < _order(self.after)
        return [
            f"{self.module} {self.before or '(new here)'} -> {self.after}",
            f"  commits {'added' if forward else 'removed'}:",
            *(f"    {one}" for one in self.commits or ["none"]),
            "  inputs and outputs:",
            *(f"    {one}" for one in self.differences or ["unchanged"]),
        ]


def compare_versions(root: Path, before: Row | None, after: Row) -> Move:
    """Return the move between two released versions. UserError in a clone without the history."""
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
            for one in find_differences(
                contract.read_contract(root, after.module, before), contract.read_contract(root, after.module, after)
            )
        ],
    )


def pin_versions(
    root: Path,
    command: str,
    environment: str,
    moves: Sequence[Move],
    locks: Sequence[Change],
    facts: Mapping[str, Any],
    again: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> Exit:
    """Pin an environment to the versions of the moves, with its provider lock, and finish the command.

    Raises UserError if the environment would not be valid with these versions.
    """
    versions = {move.module: move.after for move in moves}
    proposal = propose(root, lambda text: edit.set_versions(text, environment, versions) if versions else text, locks)
    head = [line for move in moves for line in (*move.lines(), "")]
    if not proposal.changes:
        head = [f"Nothing to do: {environment} has these versions already."]
    steps = [
        f"git add live && git commit -m 'feat(live): {command} {environment}'",
        f"meridian plan {environment}",
    ]
    return finish(
        command,
        proposal,
        {**facts, "modules": [asdict(move) for move in moves]},
        head,
        steps,
        again,
        dry_run=dry_run,
        as_json=as_json,
        show_diff=True,
    )


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
