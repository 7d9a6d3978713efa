"""`meridian add-env`: another environment like an existing one, in an account of its own."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from meridian import report
from meridian.change import facts, provider_lock
from meridian.change.proposal import editing, finish, propose
from meridian.errors import UserError
from meridian.inventory import edit, names
from meridian.inventory.model import Environment, Inventory
from meridian.inventory.regions import partitions
from meridian.options import HERE, DryRunOption, JsonOption, RootOption
from meridian.render.write import Change
from meridian.yamlfile.problems import join_words


@report.with_report("add-env")
def add_environment(
    environment: Annotated[
        str, typer.Argument(metavar="ENV", show_default=False, help="The new environment's name.")
    ] = "",
    like: Annotated[str, typer.Option("--like", metavar="OTHER", help="The environment to copy.")] = "",
    account: Annotated[str, typer.Option("--account", metavar="ID", help="Its own account, 12 digits.")] = "",
    regions: Annotated[str, typer.Option("--regions", metavar="A,B", help="Default: the regions of OTHER.")] = "",
    root: RootOption = HERE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Add an environment with the settings of another one, in its own account.

    Example: meridian add-env qa --like staging --account 123456789012 --regions us-east-1,eu-west-1
    """
    with editing(root, dry_run=dry_run) as inventory:
        model = inventory.environment(like)
        wanted = _split(regions) or list(model.lasting_region_names)
        _require_new(inventory, environment, account)
        _require_regions(model, wanted)
        primary = model.primary_region if model.primary_region in wanted else wanted[0]
        proposal = propose(
            root,
            lambda text: edit.add_environment(text, environment, like, account, primary, wanted),
            _provider_lock(root, environment, like),
        )
        made = proposal.inventory.environment(environment)
        known = [facts.region_facts(root, made, region) for region in made.region_names]
        unknown = facts.not_checked(account, made.region_names)
        moved = " (the first given)" if primary != model.primary_region else ""
        head = [
            f"{environment} like {like}: account {account}, primary region {primary}{moved}",
            *(line for one in known for line in facts.format_facts(one)),
            "The key of its state costs about 1 USD a month more.",
            *unknown,
            f"Run bootstrap, plan, apply and verify with credentials of account {account}.",
        ]
        body = {
            "environment": environment,
            "like": like,
            "account_id": account,
            "primary_region": primary,
            "regions": known,
            "not_checked": unknown,
        }
        steps = [
            f"git add live && git commit -m 'feat(live): environment {environment}'",
            *(f"meridian {command} {environment}" for command in ("bootstrap", "plan", "apply", "verify")),
        ]
        given = ("--like", like, "--account", account, "--regions", ",".join(wanted))
        again = shlex.join(("meridian", "add-env", environment, *given))
        return finish("add-env", proposal, body, head, steps, again, dry_run=dry_run, as_json=as_json)


def _split(regions: str) -> list[str]:
    """Return the regions of `a,b`, each once."""
    return list(dict.fromkeys(one.strip() for one in regions.split(","))) if regions else []


def _require_new(inventory: Inventory, name: str, account: str) -> None:
    wrong = names.check_name(name) or names.check_prefix(inventory.project, name) or names.check_account(account)
    if wrong:
        raise UserError(wrong)
    for environment in inventory.environments:
        if environment.name == name:
            raise UserError(f"{name} is already in live/inventory.yaml.", "Choose another name.")
        if environment.account_id == account:
            raise UserError(
                f"{account} is already the account of {environment.name}; each environment has its own.",
                "A second one in the same account could destroy the resources of the first.",
            )


def _require_regions(model: Environment, wanted: Sequence[str]) -> None:
    wrong = [text for region in wanted if (text := names.check_region(region))]
    if wrong:
        raise UserError("\n".join(wrong), f"{model.name} has {join_words(model.region_names)}.")
    found = {region: partitions()[region] for region in wanted}
    if len(set(found.values())) > 1:
        places = [f"{region} is in partition {partition}" for region, partition in found.items()]
        raise UserError(
            f"{', '.join(places)}: an account belongs to one partition.", "Choose regions of one partition."
        )


def _provider_lock(root: Path, name: str, like: str) -> list[Change]:
    """Return the change that copies the provider lock, none if there is none to copy or it is there already."""
    if provider_lock.read_lock(root, like) is None:
        return []
    change = provider_lock.copy_lock(root, like, name)
    if change and change.before is not None:
        path = f"live/{name}/{provider_lock.NAME}"
        raise UserError(f"{path} is already there, and differs from that of {like}.", f"Delete it: `rm {path}`")
    return [change] if change else []
