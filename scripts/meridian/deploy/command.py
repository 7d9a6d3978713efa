"""The commands plan, apply and destroy: checks first, a report at the end."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from meridian import report
from meridian.console import say, step
from meridian.deploy.apply import apply_saved
from meridian.deploy.confirm import require_name
from meridian.errors import Exit, UserError
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Environment
from meridian.options import HERE, ConfirmOption, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.paths import INVENTORY
from meridian.plans import terragrunt
from meridian.plans.saved import Plans
from meridian.plans.summary import LISTED, UnitPlan
from meridian.recover.folders import require_no_errored
from meridian.render.command import require_current
from meridian.resolve import resolve
from meridian.targets import Target


@report.with_report("plan")
def plan(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    as_json: JsonOption = False,
) -> int:
    """Plan every unit, save the plans and summarize them.

    Example: meridian plan dev --target local
    """
    where = resolve(root, environment, target)
    require_current(root)
    with step(f"plan {environment}"):
        found = Plans(where).make()
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
    as_json: JsonOption = False,
) -> int:
    """Apply the saved plans, after the final gate.

    A provisional unit, planned with mocks, is planned again with real outputs first.

    Example: meridian apply dev --target local
    """
    from meridian.gate.final import require_clean_plans  # imports an HCL parser, which is slow

    where = resolve(root, environment, target)
    require_current(root)
    require_no_errored(where)
    plans = Plans(where)
    if not plans.folder.exists():
        with step(f"plan {environment}"):
            saved = plans.make()
    else:
        saved = plans.load()
    if not as_json:
        _show(saved)
    if where.environment.protected:
        require_name(environment, confirm, f"{environment} is protected; this applies the plans above.")
    with step(f"apply {environment}"):
        applied = apply_saved(where, plans, saved, require_clean_plans)
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
