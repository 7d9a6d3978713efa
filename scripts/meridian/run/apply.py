"""Saved plans to deployed units, level by level, so that no mock ever reaches AWS."""

from collections.abc import Callable, Mapping, Sequence

from meridian.console import say
from meridian.errors import OperationFailed
from meridian.run import terragrunt
from meridian.run.plans import Plans
from meridian.run.summary import UnitPlan
from meridian.targets import Target


def apply_saved(
    target: Target, plans: Plans, saved: Sequence[UnitPlan], gate: Callable[[Target, Sequence[str]], None]
) -> list[str]:
    """Apply the saved plans and return the units in the order in which they were applied.

    A plan without the sentinel is applied exactly as it was saved, or passed over if it is
    empty. A provisional one waits until all that its unit needs is applied, is planned again
    with real outputs, and goes on. `gate` is asked about the units of each level before their plans
    are applied, and raises where they must not be.
    Raises OperationFailed if a unit fails or stays provisional with nothing left to wait for.
    """
    needs = terragrunt.graph(target)
    waiting = {plan.unit: plan for plan in saved}
    applied: list[str] = []
    while waiting:
        final = ready(waiting, needs)
        if not final:
            raise OperationFailed(
                f"{', '.join(sorted(waiting))}: the plan still holds a mock although all it needs is applied.",
                "A unit that it needs gives no such output: compare the module's outputs.tf with the mocks in live/.",
            )
        changing = [unit for unit in final if not waiting[unit].empty]
        if changing:
            gate(target, changing)
            applied += _apply(target, plans, changing)
        for unit in final:
            del waiting[unit]
        again = [unit for unit in sorted(waiting) if not waiting.keys() & set(needs[unit])]
        if again:
            say(f"   planning again with real outputs: {', '.join(again)}")
            waiting |= {plan.unit: plan for plan in plans.make(again)}
    return applied


def ready(waiting: Mapping[str, UnitPlan], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the units whose plan holds no mock and waits for no provisional unit."""
    held = {unit for unit, plan in waiting.items() if plan.provisional}
    while more := {unit for unit in waiting.keys() - held if held & set(needs[unit])}:
        held |= more
    return sorted(waiting.keys() - held)


def _apply(target: Target, plans: Plans, units: Sequence[str]) -> list[str]:
    result = terragrunt.run(target, "apply", units=units, options=["--out-dir", str(plans.folder)])
    plans.forget(result.succeeded)
    result.require_success("The apply")
    missing = sorted(set(units) - set(result.succeeded))
    if missing:
        raise OperationFailed(f"{', '.join(missing)}: Terragrunt did not report an apply.", f"The log: {result.log}")
    return list(result.succeeded)
