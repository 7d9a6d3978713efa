"""New pins for an environment: inventory, provider lock and live/ change together, or nothing does."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from meridian import report
from meridian.console import say
from meridian.errors import Exit
from meridian.generate.command import diff
from meridian.generate.write import Change
from meridian.inventory import edit
from meridian.regions.proposal import Proposal, propose
from meridian.releases.move import Move


def proposal(root: Path, environment: str, moves: Sequence[Move], others: Sequence[Change] = ()) -> Proposal:
    """Return what the moves lead to; `others` are files below live/ that change with them.

    Raises UserError if the environment would not be sound with these versions.
    """
    versions = {move.module: move.after for move in moves}
    found = propose(root, lambda text: edit.set_versions(text, environment, versions))
    changes = [change for change in (*others, *found.changes) if change.before != change.after]
    return replace(found, changes=changes)


def tell(
    root: Path,
    command: str,
    environment: str,
    moves: Sequence[Move],
    found: Proposal | None,
    facts: Mapping[str, Any],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Keep the report of a command and print it: the moves, every rendered change, what comes next."""
    body = {
        **facts,
        "dry_run": dry_run,
        "modules": [move.row() for move in moves],
        "changes": found.rows(with_diff=True) if found else [],
    }
    report.keep(root, command, Exit.OK, body, as_json=as_json)
    for notice in found.wanted.notices if found else ():
        say(f"note: {notice}")
    if as_json:
        return
    lines = [line for move in moves for line in (*move.lines(), "")]
    lines += [diff(change) for change in found.changes] if found else []
    sys.stdout.write("\n".join([*lines, *_end(environment, found, dry_run)]) + "\n")


def _end(environment: str, found: Proposal | None, dry_run: bool) -> list[str]:
    if not found:
        return [f"Nothing to do: {environment} has these versions already."]
    count = f"{len(found.changes)} file{'s' if len(found.changes) != 1 else ''}"
    if dry_run:
        return [f"{count} would change. Nothing was written: this was a dry run."]
    return [f"{count} changed. Next: commit live/ for review, then", f"  meridian plan {environment}"]
