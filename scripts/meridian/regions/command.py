"""`meridian add-region` and `meridian remove-region`: inventory and live/ change together."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from meridian import report
from meridian.console import say
from meridian.errors import Exit
from meridian.inventory import edit
from meridian.regions import facts, guards
from meridian.regions.proposal import Proposal, begun, propose


@report.kept("add-region")
def add_region(root: Path, environment: str, region: str, *, dry_run: bool, as_json: bool) -> int:
    """Add a region to an environment, render it and say what will exist; with `dry_run` only say it.

    Raises UserError, with nothing changed, for a region that cannot be added and for a live/ that is not current.
    """
    with begun(root, dry_run=dry_run) as inventory:
        guards.require_addable(inventory.environment(environment), region)
        proposal = propose(root, lambda text: edit.add_region(text, environment, region))
        chosen = proposal.inventory.environment(environment)
        units = facts.units(root, chosen, region)
        if not dry_run:
            proposal.apply()
    known = facts.report(chosen, region, units)
    unknown = facts.not_checked(chosen.account_id, [region])
    again = f"meridian add-region {environment} {region}"
    tombstone = inventory.environment(environment).retired.get(region)
    body = {
        "environment": environment,
        "account_id": chosen.account_id,
        **known,
        "not_checked": unknown,
        "tombstone_removed": tombstone is not None,
        "next": [again] if dry_run else _next(environment, region),
    }
    heading = f"{region} in {environment}, account {chosen.account_id}"
    notes = [f"It was retired on {tombstone}; its tombstone goes."] if tombstone else []
    text = [heading, *notes, *facts.lines(known), *unknown]
    tell(root, "add-region", proposal, body, text, dry_run=dry_run, as_json=as_json)
    return Exit.OK


def tell(
    root: Path,
    command: str,
    proposal: Proposal,
    body: dict[str, Any],
    text: Sequence[str],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Keep the report of a command and print it: what it is about, the files, what comes next."""
    for notice in proposal.wanted.notices:
        say(f"note: {notice}")
    rows = proposal.rows(with_diff=dry_run)
    report.keep(root, command, Exit.OK, {"dry_run": dry_run, "changes": rows, **body}, as_json=as_json)
    if as_json:
        return
    lines = [*text, "Files, nothing written:" if dry_run else "Files:"]
    for row in rows:
        lines.append(f"  {row['action']:8} {row['path']}")
    if dry_run:
        lines += [row["diff"].rstrip("\n") for row in rows]
    lines += ["Next:", *(f"  {line}" for line in body["next"])]
    sys.stdout.write("\n".join(lines) + "\n")


def _next(environment: str, region: str) -> list[str]:
    return [
        f"git add live && git commit -m 'feat(live): {environment} in {region}'    # a reviewed change",
        f"meridian plan {environment}",
        f"meridian apply {environment}",
        f"meridian verify {environment}",
    ]
