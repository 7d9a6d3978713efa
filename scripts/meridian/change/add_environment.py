"""`meridian add-env`: another environment like an existing one, in an account of its own."""

import shlex
from typing import Annotated

import typer

from meridian import report
from meridian.change import facts, provider_lock
from meridian.change.proposal import editing, finish, propose
from meridian.errors import UserError
from meridian.inventory import edit
from meridian.options import HERE, DryRunOption, JsonOption, RootOption


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
        if environment in [one.name for one in inventory.environments]:
            raise UserError(f"{environment} is already in live/inventory.yaml.", "Choose another name.")
        wanted = [one.strip() for one in regions.split(",")] if regions else list(model.lasting_region_names)
        primary = model.primary_region if model.primary_region in wanted else wanted[0]
        lock = provider_lock.copy_lock(root, like, environment)
        proposal = propose(
            root,
            lambda text: edit.add_environment(text, environment, like, account, primary, wanted),
            [lock] if lock else [],
        )
        made = proposal.inventory.environment(environment)
        known = [facts.region_facts(root, made, region) for region in made.region_names]
        unknown = facts.not_checked(account, made.region_names)
        moved = " (the first given)" if primary != model.primary_region else ""
        head = [
            f"{environment} like {like}: account {account}, primary region {primary}{moved}",
            *(line for one in known for line in facts.format_facts(one)),
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
