"""The commands plan, apply and destroy: checks first, a report at the end."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from rich.console import Console
from rich.table import Table

from meridian import report
from meridian.console import say, step
from meridian.deploy.apply import apply_saved
from meridian.deploy.confirm import require_name
from meridian.errors import Exit, UserError
from meridian.inventory.model import Environment
from meridian.options import HERE, ConfirmOption, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.plans import terragrunt
from meridian.plans.saved import Plans
from meridian.plans.summary import LISTED, UnitPlan
from meridian.render.command import require_current
from meridian.resolve import resolve
from meridian.targets import Target


def plan(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    as_json: JsonOption = False,
) -> int:
    """Plan every unit, save the plans and summarize them.

    Example: meridian plan dev --target local
    """
    return plan_environment(resolve(root, environment, target, "plan", as_json=as_json), as_json=as_json)


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
    where = resolve(root, environment, target, "apply", as_json=as_json)
    return apply_environment(where, confirm=confirm, as_json=as_json)


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
    where = resolve(root, environment, target, "destroy", as_json=as_json, require=require_destroyable)
    return destroy_environment(where, confirm=confirm, as_json=as_json)


def plan_environment(target: Target, *, as_json: bool) -> int:
    """Plan every unit, save the plans and show the changes; exit 0 with and without changes."""
    with _begun(target, "plan", as_json):
        require_current(target.root)
        with step(f"plan {target.environment.name}"):
            found = Plans(target).make()
    changes = any(not one.empty for one in found)
    _report(target, "plan", {"changes": changes, "units": [_row(one) for one in found]}, as_json)
    if not as_json:
        _show(found)
        target_word = f" TARGET={target.kind}" if target.kind != "aws" else ""
        say(f"Apply exactly this: make apply ENV={target.environment.name}{target_word}" if changes else "No changes.")
    return Exit.OK


def apply_environment(target: Target, *, confirm: str, as_json: bool) -> int:
    """Apply the saved plans; plan first if there are none."""
    with _begun(target, "apply", as_json):
        applied, saved = _apply(target, confirm, quiet=as_json)
    _report(target, "apply", {"applied": applied, "units": [_row(p) for p in saved]}, as_json)
    if not as_json:
        print(f"applied {', '.join(applied) or 'nothing: no unit has changes'}")
    return Exit.OK


def _apply(target: Target, confirm: str, *, quiet: bool) -> tuple[list[str], list[UnitPlan]]:
    from meridian.gate.final import require_clean_plans  # imports an HCL parser, which is slow

    environment = target.environment
    require_current(target.root)
    plans = Plans(target)
    if not plans.folder.exists():
        with step(f"plan {environment.name}"):
            saved = plans.make()
    else:
        saved = plans.load()
    if not quiet:
        _show(saved)
    if environment.protected:
        require_name(environment.name, confirm, f"{environment.name} is protected; this applies the plans above.")
    with step(f"apply {environment.name}"):
        applied = apply_saved(target, plans, saved, require_clean_plans)
    plans.discard()
    return applied, saved


def destroy_environment(target: Target, *, confirm: str, as_json: bool) -> int:
    """Destroy every unit, dependents first; after an interruption, run it again."""
    environment = target.environment
    with _begun(target, "destroy", as_json):
        require_destroyable(environment)
        require_current(target.root)
        require_name(environment.name, confirm, f"This destroys everything in {target.title}.")
        Plans(target).discard()
        with step(f"destroy {environment.name}"):
            result = terragrunt.run(target, "destroy")
            result.require_success("The destroy")
    _report(target, "destroy", {"destroyed": sorted(result.succeeded)}, as_json)
    if not as_json:
        print(f"destroyed {len(result.succeeded)} units of {environment.name}; the state bucket stays.")
    return Exit.OK


def require_destroyable(environment: Environment) -> None:
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


def _begun(target: Target, command: str, as_json: bool) -> AbstractContextManager[None]:
    return report.report_started(target.root, command, _where(target), as_json=as_json)


def _report(target: Target, command: str, body: dict[str, object], as_json: bool) -> None:
    report.write_report(target.root, command, Exit.OK, {**_where(target), **body}, as_json=as_json)


def _where(target: Target) -> dict[str, object]:
    return {"environment": target.environment.name, "target": target.kind}


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
