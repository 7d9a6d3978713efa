"""The roles of an environment's pipelines: planned, shown, checked and applied by `bootstrap` alone."""

from collections.abc import Sequence

from meridian.aws import AWS_ERRORS
from meridian.console import step
from meridian.deploy.confirm import require_yes
from meridian.deploy.summary.summary import read_summary
from meridian.deploy.summary.terminal import show_summary
from meridian.errors import CouldNotTell, UserError
from meridian.gate.final import require_clean_plans
from meridian.plans import terragrunt
from meridian.plans.outputs import read_unit
from meridian.plans.run_lock import begin_run
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan
from meridian.render.command import require_current
from meridian.targets import Target

GITHUB = "token.actions.githubusercontent.com"
PROVIDER = ("create", "aws_iam_openid_connect_provider.github[0]")


def plan_roles(target: Target) -> tuple[Plans, list[UnitPlan]]:
    """Return the saved plans of the units that `bootstrap` applies, and their summaries; none if there are none.

    Raises UserError if live/ is not current, or if the inventory is wrong about GitHub's provider in the account.
    """
    plans, units = Plans(target, "bootstrap"), terragrunt.find_bootstrap_units(target)
    require_current(target.root)
    if not units:
        return plans, []
    begin_run(target, "bootstrap")
    with step(f"plan {', '.join(units)}"):
        found = plans.make(units)
    _require_provider(target, found)
    return plans, found


def show_plans(plans: Plans, found: Sequence[UnitPlan]) -> None:
    """Print what saved plans change."""
    show_summary(read_summary(plans, found))


def apply_roles(plans: Plans, found: Sequence[UnitPlan], *, yes: bool, gate: bool = True) -> None:
    """Apply the saved plans that change something, after the gate and a confirmation (`yes`: it was given)."""
    target, changing = plans.target, [one.unit for one in found if not one.empty]
    if not changing:
        return
    if gate:
        require_clean_plans(target, changing, {}, plans)
    require_yes(f"This changes who may do what in account {target.environment.account_id}.", yes)
    options = ["--out-dir", str(plans.folder), "--no-auto-retry"]
    with step(f"apply {', '.join(changing)}"):
        result = terragrunt.run(target, "apply", units=changing, options=options, again="bootstrap")
    plans.discard()
    result.require_success("The apply")


def read_roles(target: Target) -> dict[str, str]:
    """Return the ARN of each role by its name: apply, plan, verify; empty without any."""
    client = target.client("s3")
    found: dict[str, object] = {}
    for unit in terragrunt.find_bootstrap_units(target):
        found |= read_unit(target, client, unit)
    return {name.removesuffix("_role_arn"): str(arn) for name, arn in sorted(found.items())}


def _require_provider(target: Target, found: Sequence[UnitPlan]) -> None:
    """Raise UserError if a provider would be made that the account has, or is used and does not exist."""
    name = target.environment.name
    try:
        listed = target.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    except AWS_ERRORS as error:
        raise CouldNotTell(
            f"{name}: the account's identity providers cannot be listed: {error}",
            "Use credentials with iam:ListOpenIDConnectProviders.",
        ) from error
    exists = any(one["Arn"].endswith(f":oidc-provider/{GITHUB}") for one in listed)
    creates = any(PROVIDER in one.changes for one in found)
    if exists and creates:
        raise UserError(
            f"{name}: the account has a provider for {GITHUB} already.",
            f"Set `access: {{oidc_provider: existing}}` of {name} in live/inventory.yaml, then `meridian generate`.",
        )
    if not exists and target.environment.oidc_provider == "existing":
        raise UserError(
            f"{name}: the account has no provider for {GITHUB}, and the inventory says that it has one.",
            f"Set `access: {{}}` of {name} in live/inventory.yaml, then `meridian generate`.",
        )
