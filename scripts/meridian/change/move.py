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
from meridian.modules.library import Library
from meridian.render.write import Change


@dataclass(frozen=True)
class Move:
    """From one version (None: not there yet) to another; the commits are added or, on the way back, removed."""

    module: str
    before: str | None
    after: str
    commits: list[str]
    differences: list[str]


def compare_versions(library: Library, module: str, before: str | None, after: str) -> Move:
    """Return the move between two released versions. UserError in a clone without the history."""
    if before is None:
        return Move(module, None, after, [], [])
    history.require_whole(library.root)
    ends = sorted((library.releases[module, version] for version in (before, after)), key=lambda row: row.order)
    differences = find_differences(library.contract(module, before), library.contract(module, after))
    commits = history.commits_between(library.root, *ends)
    return Move(module, before, after, commits, [one.text for one in differences])


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
    proposal = propose(root, lambda text: edit.set_versions(text, environment, versions), locks)
    head = [line for move in moves for line in _format_move(move, "removed" if command == "rollback" else "added")]
    if not proposal.changes:
        head = [f"Nothing to do: {environment} has these versions already."]
    steps = [
        f"git add live && git commit -m 'feat(live): {command} {environment}'",
        f"meridian plan {environment}",
    ]
    body = {**facts, "modules": [asdict(move) for move in moves]}
    return finish(command, proposal, body, head, steps, again, dry_run=dry_run, as_json=as_json, show_diff=True)


def _format_move(move: Move, what: str) -> list[str]:
    return [
        f"{move.module} {move.before or '(new here)'} -> {move.after}",
        f"  commits {what}:",
        *(f"    {one}" for one in move.commits or ["none"]),
        "  inputs and outputs:",
        *(f"    {one}" for one in move.differences or ["unchanged"]),
        "",
    ]
