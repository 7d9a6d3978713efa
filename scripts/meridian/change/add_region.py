"""`meridian add-region`: a new region in inventory and live/."""

from meridian import report
from meridian.change import facts
from meridian.change.proposal import editing, find_appliers, finish, propose
from meridian.errors import UserError
from meridian.inventory import edit, names
from meridian.inventory.model import Environment
from meridian.options import HERE, DryRunOption, EnvironmentArgument, JsonOption, RegionArgument, RootOption
from meridian.yamlfile.problems import join_words


@report.with_report("add-region")
def add_region(
    environment: EnvironmentArgument = "",
    region: RegionArgument = "",
    root: RootOption = HERE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Add a region to an environment and render it; nothing is deployed.

    Example: meridian add-region dev eu-central-1 --dry-run
    """
    with editing(root, dry_run=dry_run) as inventory:
        before = inventory.environment(environment)
        _require_addable(before, region)
        proposal = propose(root, lambda text: edit.add_region(text, environment, region))
        chosen = proposal.inventory.environment(environment)
        known = facts.region_facts(root, chosen, region)
        unknown = facts.not_checked(chosen.account_id, [region])
        tombstone = before.retired.get(region)
        head = [
            f"{region} in {environment}, account {chosen.account_id}",
            *([f"It was retired on {tombstone}; its tombstone is removed."] if tombstone else []),
            *facts.format_facts(known),
            *unknown,
        ]
        body = {
            "environment": environment,
            "account_id": chosen.account_id,
            **known,
            "tombstone_removed": tombstone is not None,
            "not_checked": unknown,
        }
        steps = [
            f"git add live && git commit -m 'feat(live): {environment} in {region}'",
            *(
                f"meridian {one} {environment}"
                for one in (*find_appliers(proposal, environment), "plan", "apply", "verify")
            ),
        ]
        again = f"meridian add-region {environment} {region}"
        return finish("add-region", proposal, body, head, steps, again, dry_run=dry_run, as_json=as_json)


def _require_addable(environment: Environment, region: str) -> None:
    """Raise UserError for a region that does not exist or is there already."""
    if wrong := names.check_region(region):
        raise UserError(wrong)
    if region not in environment.region_names:
        return
    if region in environment.lasting_region_names:
        raise UserError(
            f"{region} is already in {environment.name}.", f"It has {join_words(environment.region_names)}."
        )
    raise UserError(
        f"{region} is retiring in {environment.name}.",
        f"To keep it, delete `retiring: true` from live/inventory.yaml and run `meridian generate`; "
        f"to finish, run `meridian remove-region {environment.name} {region}`, then add it again.",
    )
