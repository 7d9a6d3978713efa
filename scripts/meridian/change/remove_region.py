"""`meridian remove-region`: the first call marks the region, the second one removes it once it is destroyed."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from meridian import report
from meridian.change.proposal import Proposal, editing, find_appliers, finish, propose
from meridian.errors import CouldNotTell, Exit, UserError
from meridian.inventory import edit
from meridian.inventory.model import Environment, Region
from meridian.options import (
    HERE,
    DryRunOption,
    EnvironmentArgument,
    JsonOption,
    RegionArgument,
    RootOption,
    TargetOption,
)
from meridian.targets import KINDS
from meridian.yamlfile.problems import did_you_mean, join_words, quote

COMMAND = "remove-region"
Left = list[dict[str, Any]]
"""Units whose state holds resources: `unit` and `addresses` of each."""


@report.with_report(COMMAND)
def remove_region(
    environment: EnvironmentArgument = "",
    region: RegionArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    without_state_check: Annotated[
        bool, typer.Option("--without-state-check", help="Step 2: skip the check that its state is empty.")
    ] = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Mark a region as retiring; once it is destroyed, remove it.

    Nothing is destroyed here: step 1 prints the commands. Step 2 is refused while its state holds resources.

    Example: meridian remove-region dev eu-west-1
    """
    if target not in KINDS:
        raise UserError(f"There is no target {target!r}.", f"Use one of: {', '.join(KINDS)}.")
    with editing(root, dry_run=dry_run) as inventory:
        chosen = inventory.environment(environment)
        again = f"meridian {COMMAND} {environment} {region} --target {target}"
        body: dict[str, Any] = {"environment": environment, "region": region}
        if not _require_removable(chosen, region).retiring:
            if without_state_check:
                raise UserError(
                    f"{region} is not retiring in {environment}: the first step reads no state.",
                    f"Mark it first: `{again}`",
                )
            proposal = propose(root, lambda text: edit.retire_region(text, environment, region))
            head, steps = _marked(proposal, environment, region, target, again)
            body |= {"step": 1}
            return finish(COMMAND, proposal, body, head, steps, again, dry_run=dry_run, as_json=as_json)
        left = [] if without_state_check else find_left(root, environment, [region], target, again)
        if left:
            steps = destroy_commands(environment, f"./{region}/**", target)
            return refuse_left(root, COMMAND, region, {**body, "step": 2}, left, steps, as_json=as_json)
        date = datetime.now(UTC).date().isoformat()
        proposal = propose(root, lambda text: edit.remove_region(text, environment, region, date))
        body |= {"step": 2, "state_checked": not without_state_check, "tombstone": date}
        state = "was not checked" if without_state_check else "holds no resources"
        head = [f"Step 2 of 2: remove {region} from {environment}; its state {state}."]
        steps = [
            f"git add live && git commit -m 'feat(live): remove {region} from {environment}'",
            *(f"meridian {one} {environment} --target {target}" for one in find_appliers(proposal, environment)),
            f"meridian plan {environment} --target {target}",
        ]
        again += " --without-state-check" if without_state_check else ""
        return finish(COMMAND, proposal, body, head, steps, again, dry_run=dry_run, as_json=as_json)


def _marked(proposal: Proposal, name: str, region: str, kind: str, again: str) -> tuple[list[str], list[str]]:
    """Return the text about the first step, and the commands that follow it."""
    # Only a protected environment renders something else; without that there is nothing to apply.
    protected = len(proposal.changes) > 1
    head = [
        f"Step 1 of 2: mark {region} in {name} as retiring. Nothing is destroyed yet.",
        *(["The next apply lifts its deletion protection, so that it can be destroyed."] if protected else []),
        "Its files stay until step 2; an apply of the whole environment after the destroy would create it again.",
        f"Step 2 is the same `meridian {COMMAND}`; it refuses while a state of the region holds a resource.",
    ]
    steps = [
        f"git add live && git commit -m 'feat(live): retire {region} in {name}'",
        *(f"meridian {command} {name} --target {kind}" for command in ("plan", "apply") if protected),
        *destroy_commands(name, f"./{region}/**", kind),
        again,
    ]
    return head, steps


def refuse_left(
    root: Path, command: str, what: str, body: dict[str, Any], left: Left, steps: Sequence[str], *, as_json: bool
) -> Exit:
    """Report the resources that keep `what` in the inventory, and the commands that destroy them."""
    report.write_report(root, command, Exit.FINDINGS, {**body, "left": left, "next": steps}, as_json=as_json)
    if not as_json:
        units = [(one["unit"], one["addresses"]) for one in left]
        lines = [
            *(f"FAIL  {unit}  {len(addresses)} resource(s) left: {', '.join(addresses)}" for unit, addresses in units),
            f"{what} stays in {body['environment']}; nothing was changed. Destroy it first:",
            *(f"  {step}" for step in steps),
        ]
        sys.stdout.write("\n".join(lines) + "\n")
    return Exit.FINDINGS


def destroy_commands(name: str, units: str, kind: str) -> list[str]:
    """Return the commands that destroy only the units that a filter of Terragrunt names, dependents first."""
    return [
        f'eval "$(meridian env {name} --target {kind})"',
        f"terragrunt run --all --working-dir live/{name} --filter '{units}' -- destroy",
    ]


def find_left(root: Path, environment: str, folders: Sequence[str], kind: str, again: str) -> Left:
    """Return the units below folders (a region, or `<region>/<unit>`) whose states hold resources.

    Raises CouldNotTell with the command that goes on without this check.
    """
    # Only the second step calls AWS, and its libraries are slow to import.
    from meridian.resolve import resolve
    from meridian.state import contents

    target = resolve(root, environment, kind)
    try:
        return [asdict(one) for folder in folders for one in contents.remaining_units(target, folder)]
    except CouldNotTell as error:
        hint = f"Nothing was changed. If you know that all is destroyed: `{again} --without-state-check`"
        raise CouldNotTell(error.message, hint) from error


def _require_removable(environment: Environment, name: str) -> Region:
    """Return the region; UserError if the environment does not have it, or it is the primary one."""
    if name == environment.primary_region:
        raise UserError(
            f"{name} is the primary region of {environment.name}: the user pool and the state of every unit are "
            "in it, so it cannot be removed.",
            f"To remove the whole environment: `meridian destroy {environment.name}`",
        )
    regions = {region.name: region for region in environment.regions}
    if name not in regions:
        raise UserError(
            f"{quote(name)} is not a region of {environment.name}.{did_you_mean(name, regions)}",
            f"It has {join_words(regions)}.",
        )
    return regions[name]
