"""`meridian bootstrap`: what an environment needs before the first apply, with the rights of a person."""

import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from meridian import report
from meridian.console import say
from meridian.deploy.access import apply_roles, plan_roles, read_roles, show_plans
from meridian.deploy.github_variables import enter_variables, variable_commands
from meridian.deploy.rights import needed_rights
from meridian.errors import Exit
from meridian.options import HERE, DryRunOption, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.plans.summary import UnitPlan
from meridian.resolve import resolve
from meridian.state.bootstrap import correct_state_bucket
from meridian.state.settings import Change
from meridian.targets import Target

# S3 user guide, "Enabling versioning on buckets": until it has spread, a new object may answer 404.
VERSIONING_IS_NEW = "Versioning is new: wait 15 minutes before the first apply, until S3 has it everywhere."
WIDTH = 100
YesOption = Annotated[bool, typer.Option("--yes", help="Make the roles of pipelines without being asked.")]


@report.with_report("bootstrap")
def bootstrap(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Create the state bucket of an environment, its KMS key and the roles of its pipelines, or correct them.

    With `state_copy` in the inventory also the copy of the states in another region.

    The roles come with `access` in the inventory; their changes are shown first. Prints the variables to set in
    GitHub, or sets them if `gh` is signed in. A dry run prints the rights that you need, and exits with 1 if it
    would change something.

    Example: meridian bootstrap dev --dry-run
    """
    where = resolve(root, environment, target)
    changes = correct_state_bucket(where, dry_run)
    # Also to end a copy that the inventory no longer asks for.
    has_copy = where.environment.state_copy is not None or any(one.setting == "replication" for one in changes)
    rights = needed_rights(roles=where.environment.oidc_provider is not None, copy=has_copy)
    if not as_json:
        _show_changes(where, changes, dry_run)
    found, roles = _make_roles(where, changes, dry_run=dry_run, yes=yes, as_json=as_json)
    changing = bool(changes) or any(not one.empty for one in found)
    code = Exit.FINDINGS if changing and dry_run else Exit.OK
    _report(
        root,
        where,
        code,
        as_json,
        dry_run=dry_run,
        changes=[asdict(one) for one in changes],
        rights=rights,
        units=[asdict(one) for one in found],
        roles=roles,
    )
    if not as_json:
        _show_roles(where, roles, dry_run)
        if code == Exit.FINDINGS:
            print(f"Without --dry-run you need these rights in account {where.environment.account_id}:")
            print(textwrap.fill(", ".join(rights), WIDTH, initial_indent="  ", subsequent_indent="  "))
        if not changing:
            print("Nothing to change: the state bucket and its key have every setting.")
    return code


def _make_roles(
    target: Target, changes: Sequence[Change], *, dry_run: bool, yes: bool, as_json: bool
) -> tuple[list[UnitPlan], dict[str, str]]:
    """Plan the roles and, unless `dry_run`, apply them; return the plans and the ARNs of the roles that exist."""
    if target.environment.oidc_provider is None:
        return [], {}
    if dry_run and any(one.setting in {"bucket", "key"} for one in changes):
        say("   the roles are planned once the state bucket exists")
        return [], {}
    plans, found = plan_roles(target)
    if not as_json:
        show_plans(plans, found)
    if not dry_run:
        apply_roles(plans, found, yes=yes)
    return found, read_roles(target)


def _show_changes(target: Target, changes: Sequence[Change], dry_run: bool) -> None:
    for change in changes:
        print(f"{'would change' if dry_run else 'changed'}  {change}")
    if target.kind == "aws" and not dry_run and any(change.setting == "versioning" for change in changes):
        say(VERSIONING_IS_NEW)


def _show_roles(target: Target, roles: dict[str, str], dry_run: bool) -> None:
    """Print the roles and, unless `dry_run`, enter them in GitHub if they are those of a real account."""
    for name, arn in roles.items():
        print(f"{name:7} {arn}")
    if roles and target.kind == "aws" and not dry_run:
        enter_variables(variable_commands(target.environment, target.repository, roles))


def _report(root: Path, target: Target, code: Exit, as_json: bool, **body: Any) -> None:
    about = {"environment": target.environment.name, "target": target.kind}
    report.write_report(root, "bootstrap", code, {**about, **body}, as_json=as_json)
