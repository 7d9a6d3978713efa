"""Applies saved plans level by level, so that no mock ever reaches AWS."""

from collections.abc import Callable, Mapping, Sequence

from meridian.console import say
from meridian.errors import OperationFailed
from meridian.plans import terragrunt
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan
from meridian.targets import Target


def apply_saved(
    target: Target, plans: Plans, saved: Sequence[UnitPlan], gate: Callable[[Target, Sequence[str]], None]
) -> list[str]:
    """Apply the saved plans and return the units in the order in which they were applied.

    A plan without a mock is applied exactly as it was saved; an empty one is skipped. A provisional plan
    waits until every unit that its own needs is applied, and is then made again with real outputs.
    `gate` checks the units of each level before their plans are applied, and raises if it refuses one.
    Raises OperationFailed if a unit fails, or if a plan that was made again still holds a mock.
    """
    needs = terragrunt.read_graph(target)
    waiting = {plan.unit: plan for plan in saved}
    applied: list[str] = []
    planned_again: set[str] = set()
    while waiting:
        final = ready_units(waiting, needs)
        if not final:
            again = {unit for unit in waiting if not waiting.keys() & set(needs.get(unit, ()))} - planned_again
            if not again:
                raise OperationFailed(
                    f"{', '.join(sorted(waiting))}: the plan still holds a mock although all it needs is applied.",
                    "A unit that it needs has no such output: compare the module's outputs.tf with the mocks in live/.",
                )
            say(f"   planning again with real outputs: {', '.join(sorted(again))}")
            waiting |= {plan.unit: plan for plan in plans.make(sorted(again))}
            planned_again |= again
            continue
        changing = [unit for unit in final if not waiting[unit].empty]
        if changing:
            gate(target, changing)
            applied += _apply(target, plans, changing)
        for unit in final:
            del waiting[unit]
    return applied


def ready_units(waiting: Mapping[str, UnitPlan], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the units whose plan holds no mock and that need no unit with a provisional plan."""
    held = {unit for unit, plan in waiting.items() if plan.provisional}
    while more := {unit for unit in waiting.keys() - held if held & set(needs.get(unit, ()))}:
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
