"""`meridian remove-region`: the first call marks the region, the second one removes what has been destroyed."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from meridian import report
from meridian.errors import Exit, UserError
from meridian.inventory import edit
from meridian.inventory.model import Environment
from meridian.regions import guards
from meridian.regions.command import tell
from meridian.regions.proposal import begun, propose
from meridian.regions.state import Left
from meridian.targets import KINDS, Target

COMMAND = "remove-region"


@report.kept(COMMAND)
def remove_region(
    root: Path,
    environment: str,
    region: str,
    *,
    kind: str,
    without_state_check: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Mark a region as retiring; if it is, remove it once its state (of the target `kind`) holds nothing.

    Returns 1 if something is left. Raises UserError for a region that cannot be removed, CouldNotTell if the
    state cannot be read; nothing is changed then.
    """
    if kind not in KINDS:
        raise UserError(f"There is no target {kind!r}.", f"Use one of: {', '.join(KINDS)}.")
    with begun(root, dry_run=dry_run) as inventory:
        chosen = inventory.environment(environment)
        retiring = guards.require_removable(chosen, region).retiring
        if not retiring:
            if without_state_check:
                raise UserError(
                    f"{region} is not retiring in {environment}: the first step looks at no state.",
                    f"Mark it first: meridian remove-region {environment} {region}",
                )
            return _mark(root, chosen, region, kind, dry_run=dry_run, as_json=as_json)
        left = [] if without_state_check else _left(root, environment, region, kind)
        if left:
            return _refuse(root, chosen, region, kind, left, as_json=as_json)
        return _remove(root, chosen, region, checked=not without_state_check, dry_run=dry_run, as_json=as_json)


def _mark(root: Path, environment: Environment, region: str, kind: str, *, dry_run: bool, as_json: bool) -> int:
    name = environment.name
    proposal = propose(root, lambda text: edit.retire_region(text, name, region))
    if not dry_run:
        proposal.apply()
    applied = [f"meridian plan {name} --target {kind}", f"meridian apply {name} --target {kind}"]
    steps = [
        f"git add live && git commit -m 'feat(live): retire {region} in {name}'    # a reviewed change",
        # Without a difference in the files there is nothing to apply.
        *(applied if len(proposal.changes) > 1 else []),
        *_destroy(environment, region, kind),
        f"meridian remove-region {name} {region} --target {kind}    # step 2: refused while anything is left",
    ]
    again = [f"meridian remove-region {name} {region}"]
    body = {"environment": name, "region": region, "step": 1, "next": again if dry_run else steps}
    text = [
        f"Step 1 of 2: {region} in {name} {'would be' if dry_run else 'is'} marked as retiring. Nothing is destroyed."
    ]
    if len(proposal.changes) > 1:
        text.append("Its protection from deletion goes with the next apply, so that it can be destroyed.")
    text.append("Until step 2 its files stay, and an apply of the environment would make it again.")
    tell(root, COMMAND, proposal, body, text, dry_run=dry_run, as_json=as_json)
    return Exit.OK


def _remove(root: Path, environment: Environment, region: str, *, checked: bool, dry_run: bool, as_json: bool) -> int:
    name = environment.name
    date = datetime.now(UTC).date().isoformat()
    proposal = propose(root, lambda text: edit.remove_region(text, name, region, date))
    if not dry_run:
        proposal.apply()
    again = f"meridian remove-region {name} {region}{'' if checked else ' --without-state-check'}"
    steps = [f"git add live && git commit -m 'feat(live): remove {region} from {name}'", f"meridian plan {name}"]
    body = {
        "environment": name,
        "region": region,
        "step": 2,
        "state_checked": checked,
        "tombstone": date,
        "next": [again] if dry_run else steps,
    }
    seen = "its state holds nothing any more" if checked else "its state was not looked at"
    text = [f"Step 2 of 2: {region} {'would be' if dry_run else 'is'} removed from {name}; {seen}."]
    tell(root, COMMAND, proposal, body, text, dry_run=dry_run, as_json=as_json)
    return Exit.OK


def _refuse(
    root: Path, environment: Environment, region: str, kind: str, left: Sequence[Left], *, as_json: bool
) -> int:
    steps = _destroy(environment, region, kind)
    body = {
        "environment": environment.name,
        "region": region,
        "step": 2,
        "left": [{"unit": one.unit, "addresses": list(one.addresses)} for one in left],
        "next": steps,
    }
    report.keep(root, COMMAND, Exit.FINDINGS, body, as_json=as_json)
    if as_json:
        return Exit.FINDINGS
    lines = [f"FAIL  {one.unit}  {len(one.addresses)} resources are left: {', '.join(one.addresses)}" for one in left]
    lines += [f"{region} stays in {environment.name}; nothing was changed. Destroy it first:"]
    sys.stdout.write("\n".join([*lines, *(f"  {step}" for step in steps)]) + "\n")
    return Exit.FINDINGS


def _destroy(environment: Environment, region: str, kind: str) -> list[str]:
    """Return the commands that destroy a region's units, dependents first, and nothing else."""
    name = environment.name
    return [
        f'eval "$(meridian env {name} --target {kind})"',
        f"terragrunt run --all --working-dir live/{name} --filter './{region}/**' -- destroy    # dependents first",
    ]


def _left(root: Path, environment: str, region: str, kind: str) -> list[Left]:
    # AWS is only looked at in the second step.
    from meridian.regions import state
    from meridian.run.resolve import resolve

    target: Target = resolve(root, environment, kind)
    return state.left(target, region)
