"""The commands plan, apply and destroy: checks first, a report at the end."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from meridian import report
from meridian.console import say, step
from meridian.deploy.account import check_account
from meridian.deploy.apply import apply_saved
from meridian.deploy.confirm import require_name
from meridian.errors import Exit, Refused, UserError
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Environment
from meridian.options import HERE, ConfirmOption, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.paths import INVENTORY
from meridian.plans import terragrunt
from meridian.plans.approval import find_differing, read_digest, write_digest
from meridian.plans.run_lock import begin_run
from meridian.plans.saved import Plans
from meridian.plans.summary import LISTED, UnitPlan
from meridian.render.command import require_current
from meridian.resolve import resolve
from meridian.targets import Target

DigestOption = Annotated[
    Path | None,
    typer.Option(
        "--digest", metavar="FILE", help="Write hashes of what each unit changes, for `apply --approved` elsewhere."
    ),
]
ApprovedOption = Annotated[
    Path | None,
    typer.Option("--approved", metavar="FILE", help="Plan, and apply only if the plan equals the one of this digest."),
]
AcceptNewOption = Annotated[
    bool,
    typer.Option("--accept-new", help="Apply a unit that was planned again even if it does more than was approved."),
]


@report.with_report("plan")
def plan(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    digest: DigestOption = None,
    as_json: JsonOption = False,
) -> int:
    """Plan every unit, save the plans and summarize them.

    Example: meridian plan dev --target local
    """
    where = resolve(root, environment, target)
    begin_run(where, "plan")
    check_account(where)
    require_current(root)
    plans = Plans(where)
    with step(f"plan {environment}"):
        found = plans.make()
    if digest is not None:
        write_digest(digest, where.environment, target, list(plans.changes(found).values()))
    changes = any(not one.empty for one in found)
    _report(where, "plan", {"changes": changes, "units": [_row(one) for one in found]}, as_json)
    if not as_json:
        _show(found)
        target_word = f" TARGET={target}" if target != "aws" else ""
        say(f"Apply exactly this: make apply ENV={environment}{target_word}" if changes else "No changes.")
    return Exit.OK


@report.with_report("apply")
def apply(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    confirm: ConfirmOption = "",
    approved: ApprovedOption = None,
    accept_new: AcceptNewOption = False,
    as_json: JsonOption = False,
) -> int:
    """Apply the saved plans, after the final gate.

    A unit that was planned with mocks, or that reads an output which changes, is planned again first. If it then
    does more than the saved plan said or left open, apply stops before it.

    Example: meridian apply dev --target local
    """
    from meridian.gate.final import require_clean_plans  # imports an HCL parser, which is slow

    where = resolve(root, environment, target)
    begin_run(where, "apply")
    check_account(where)
    require_current(root)
    plans = Plans(where)
    digest = None if approved is None else read_digest(approved, where.environment, where.kind)
    if digest is not None or not plans.folder.exists():
        with step(f"plan {environment}"):
            saved = plans.make()
    else:
        saved = plans.load()
    if not as_json:
        _show(saved)
    if digest is not None:
        _require_approved(plans, saved, digest)
    if where.environment.protected:
        require_name(environment, confirm, f"{environment} is protected; this applies the plans above.")
    with step(f"apply {environment}"):
        applied = apply_saved(where, plans, saved, require_clean_plans, accept_new=accept_new)
    plans.discard()
    _report(where, "apply", {"applied": applied, "units": [_row(p) for p in saved]}, as_json)
    if not as_json:
        print(f"applied {', '.join(applied) or 'nothing: no unit has changes'}")
    return Exit.OK


@report.with_report("destroy")
def destroy(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    confirm: ConfirmOption = "",
    as_json: JsonOption = False,
) -> int:
    """Destroy every unit of an environment, after its name is typed.

    Refuses a protected environment.

    Example: meridian destroy dev --target local --confirm dev
    """
    _require_destroyable(load_inventory(root / INVENTORY).environment(environment))
    where = resolve(root, environment, target)
    begin_run(where, "destroy")
    require_current(root)
    require_name(environment, confirm, f"This destroys everything in {where.title}.")
    Plans(where).discard()
    with step(f"destroy {environment}"):
        result = terragrunt.run(where, "destroy")
        result.require_success("The destroy")
    _report(where, "destroy", {"destroyed": sorted(result.succeeded)}, as_json)
    if not as_json:
        print(f"destroyed {len(result.succeeded)} units of {environment}; the state bucket stays.")
    return Exit.OK


def _require_approved(plans: Plans, saved: Sequence[UnitPlan], digest: Mapping[str, str]) -> None:
    """Raise Refused, and drop the plans, if they are not those of the digest."""
    if differing := find_differing(digest, list(plans.changes(saved).values())):
        plans.discard()
        name = f"{plans.target.environment.name} --target {plans.target.kind}"
        raise Refused(
            f"{', '.join(differing)}: the plan is not the one that was approved.",
            f"Nothing was applied. Plan and approve again: `meridian plan {name} --digest FILE`.",
        )


def _require_destroyable(environment: Environment) -> None:
    """Raise UserError for a protected environment; needs no AWS."""
    if environment.protected:
        raise UserError(
            f"{environment.name} is protected: it cannot be destroyed.",
            "To destroy it: remove `protected: true` in live/inventory.yaml, then generate, apply and destroy.",
        )


def _row(plan: UnitPlan) -> dict[str, object]:
    return {
        "unit": plan.unit,
        "provisional": plan.provisional,
        "outputs_change": plan.outputs_change,
        "changes": [{"action": action, "address": address} for action, address in plan.changes],
    }


def _report(target: Target, command: str, body: dict[str, object], as_json: bool) -> None:
    about = {"environment": target.environment.name, "target": target.kind}
    report.write_report(target.root, command, Exit.OK, {**about, **body}, as_json=as_json)


def _show(plans: Sequence[UnitPlan]) -> None:
    rare = [action for action in ("forget", "move", "import") if any(plan.count(action) for plan in plans)]
    counted = ["create", "update", "replace", "delete", *rare]
    table = Table("unit", *counted, "note", box=None, pad_edge=False)
    for plan in plans:
        table.add_row(plan.unit, *(str(plan.count(action) or "") for action in counted), _note(plan))
    console = Console()
    console.print(table)
    for plan in plans:
        for action, address in plan.changes:
            if action in LISTED:
                style = "" if action in {"move", "import"} else "bold red"
                line = f"{action.upper()}  {plan.unit}  {address}"
                console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


def _note(plan: UnitPlan) -> str:
    if plan.provisional:
        return "provisional (mocks)"
    if plan.empty:
        return "no changes"
    return "" if plan.changes else "outputs only"
