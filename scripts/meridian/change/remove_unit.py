"""`meridian remove-unit`: the first call marks units, the second one removes them once they are destroyed."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from meridian import report
from meridian.change.proposal import Proposal, editing, find_appliers, finish, propose
from meridian.change.remove_region import destroy_commands, find_left, refuse_left
from meridian.errors import UserError
from meridian.inventory import edit
from meridian.inventory.model import Environment
from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.options import HERE, DryRunOption, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.targets import KINDS
from meridian.yamlfile.problems import did_you_mean, join_words, quote

COMMAND = "remove-unit"


@report.with_report(COMMAND)
def remove_unit(
    environment: EnvironmentArgument = "",
    module: Annotated[str, typer.Argument(metavar="MODULE", show_default=False, help="One of its modules.")] = "",
    region: Annotated[str, typer.Option("--region", metavar="REGION", help="Only there; default: every region.")] = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    without_state_check: Annotated[
        bool, typer.Option("--without-state-check", help="Step 2: skip the check that the states are empty.")
    ] = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Mark a module's units as retiring; once they are destroyed, switch them off.

    Nothing is destroyed here: step 1 prints the commands. Step 2 is refused while a state holds resources.

    Example: meridian remove-unit dev alarms --region eu-west-1
    """
    if target not in KINDS:
        raise UserError(f"There is no target {target!r}.", f"Use one of: {', '.join(KINDS)}.")
    with editing(root, dry_run=dry_run) as inventory:
        chosen = inventory.environment(environment)
        contract = _require_module(chosen, module, Library(root))
        regions = _require_regions(chosen, contract, region)
        again = f"meridian {COMMAND} {environment} {module}{f' --region {region}' if region else ''} --target {target}"
        body: dict[str, Any] = {"environment": environment, "module": module, "regions": regions}
        destroy = destroy_commands(environment, f"./{region or '*'}/{module}", target)
        if not all(chosen.retires(module, one) for one in regions):
            if without_state_check:
                raise UserError(
                    f"{module} is not retiring in {environment}: the first step reads no state.",
                    f"Mark it first: `{again}`",
                )
            # The environment names it only if that switches it on: its other regions stay off.
            whole = not region and bool(chosen.units.get(module, chosen.places_by_default(contract)))
            own = [one.name for one in chosen.regions if one.name in regions and (region or module in one.units)]
            proposal = propose(root, lambda text: edit.retire_unit(text, environment, module, own, whole=whole))
            head, steps = _marked(proposal, environment, module, target)
            steps += [*destroy, again]
            return finish(COMMAND, proposal, body | {"step": 1}, head, steps, again, dry_run=dry_run, as_json=as_json)
        body |= {"step": 2}
        folders = [f"{one}/{module}" for one in regions]
        left = [] if without_state_check else find_left(root, environment, folders, target, again)
        if left:
            return refuse_left(root, COMMAND, module, body, left, destroy, as_json=as_json)
        states = [f"s3://{chosen.state_bucket}/live/{environment}/{region or '*'}/{module}"]
        date = datetime.now(UTC).date().isoformat()
        off = _layers_off(chosen, contract, region)
        proposal = propose(root, lambda text: edit.remove_unit(text, environment, module, off, states, date))
        body |= {"state_checked": not without_state_check, "retired_states": states}
        checked = "were not checked" if without_state_check else "hold no resources"
        head = [f"Step 2 of 2: switch {module} off in {environment} ({join_words(regions)}); its states {checked}."]
        steps = [
            f"git add live && git commit -m 'feat(live): remove {module} from {environment}'",
            # The roles keep the rights on a module until it is destroyed.
            *(f"meridian {one} {environment} --target {target}" for one in find_appliers(proposal, environment)),
            f"meridian plan {environment} --target {target}",
        ]
        again += " --without-state-check" if without_state_check else ""
        return finish(COMMAND, proposal, body, head, steps, again, dry_run=dry_run, as_json=as_json)


def _marked(proposal: Proposal, name: str, module: str, kind: str) -> tuple[list[str], list[str]]:
    """Return the text about the first step, and the commands before the destroy."""
    # A lifted protection, or units that no longer read its outputs; without these there is nothing to apply.
    rendered = len(proposal.changes) > 1
    head = [
        f"Step 1 of 2: mark {module} in {name} as retiring. Nothing is destroyed yet.",
        *(["The next apply lifts its protection and detaches the units that may use it."] if rendered else []),
        "Its files stay until step 2; an apply of the whole environment after the destroy would create it again.",
        f"Step 2 is the same `meridian {COMMAND}`; it refuses while a state of the module holds a resource.",
    ]
    steps = [
        f"git add live && git commit -m 'feat(live): retire {module} in {name}'",
        *(f"meridian {command} {name} --target {kind}" for command in ("plan", "apply") if rendered),
    ]
    return head, steps


def _layers_off(environment: Environment, contract: Contract, region: str) -> dict[str | None, bool]:
    """Return the layers that name the module, and whether `false` must stay there because it would be on without."""
    name = contract.module
    default = environment.places_by_default(contract)
    if region:
        return {region: bool(environment.units.get(name, default))}
    layers: dict[str | None, bool] = {one.name: False for one in environment.regions if name in one.units}
    return {None: default, **layers} if name in environment.units or default else layers


def _require_module(environment: Environment, module: str, library: Library) -> Contract:
    contracts = library.contracts(environment.versions)
    if not module:
        raise UserError("Which module?", f"{environment.name} has {join_words(contracts)}.")
    if module not in contracts:
        advice = did_you_mean(module, contracts).strip() or f"It has {join_words(contracts)}."
        raise UserError(f"{environment.name} has no module {quote(module)}.", advice)
    if applier := contracts[module].applied_by:
        raise UserError(
            f"{module} is applied by `meridian {applier}`, not by `apply`.",
            f"Delete `access` of {environment.name} from live/inventory.yaml and run `meridian generate`: "
            "it prints how to destroy the unit.",
        )
    return contracts[module]


def _require_regions(environment: Environment, contract: Contract, region: str) -> list[str]:
    """Return the regions whose unit to remove; UserError if there is none."""
    found = [one for one in environment.region_names if environment.places(contract, one)]
    if region and region not in found:
        raise UserError(
            f"{contract.module} has no unit in {quote(region)} of {environment.name}.{did_you_mean(region, found)}",
            f"It has one in {join_words(found)}.",
        )
    if not found:
        raise UserError(f"{contract.module} has no unit in {environment.name}.", "There is nothing to remove.")
    return [region] if region else found
