"""Applies saved plans level by level, so that neither a mock nor an outdated output reaches AWS."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from meridian.console import say
from meridian.deploy.canary import canary_units, watch_canary
from meridian.deploy.release import Release
from meridian.deploy.shift import Shift
from meridian.errors import OperationFailed, Refused
from meridian.inventory.model import Canary
from meridian.plans.approval import Swap, find_unapproved
from meridian.plans.changes import Attribute, UnitChanges
from meridian.plans.graph import with_dependents
from meridian.plans.inputs import read_needs
from meridian.plans.outputs import read_outputs
from meridian.plans.recording import record_empty
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan
from meridian.state.contents import read_states
from meridian.targets import Target

Gate = Callable[[Target, Sequence[str], Mapping[str, Sequence[Swap]]], None]


@dataclass
class _Approved:
    """What was approved of each unit, and what follows from the outputs that the latest plans change.

    For each unit that was planned again, `swaps` has the old and new values of the outputs that it reads, and
    `computed` those of them that AWS has chosen: a policy may follow these, not a value from the code.
    """

    target: Target
    changes: dict[str, UnitChanges]
    outputs: dict[str, tuple[Attribute, ...]] = field(init=False)
    swaps: dict[str, list[Swap]] = field(default_factory=dict)
    computed: dict[str, list[Swap]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outputs = {unit: one.outputs for unit, one in self.changes.items()}

    def note(self, fresh: Mapping[str, UnitChanges], needs: Mapping[str, Sequence[str]]) -> None:
        """Take note of units that were planned again after all that they need was applied."""
        now = read_outputs(self.target)
        for unit in fresh:
            read = [
                (one, (one.before, now.get(need, {}).get(one.path)))
                for need in needs.get(unit, ())
                for one in self.outputs.get(need, ())
                if one.before is not None
            ]
            self.swaps[unit] = [swap for _, swap in read]
            self.computed[unit] = [swap for one, swap in read if one.unknown and "*" not in str(swap[1])]
        self.outputs |= {unit: changes.outputs for unit, changes in fresh.items()}

    def require(self, fresh: Mapping[str, UnitChanges]) -> None:
        """Raise Refused if a plan that was made again does more than the approved one said or left open."""
        more = [
            f"  {unit}: {one}"
            for unit, changes in fresh.items()
            for one in find_unapproved(self.changes[unit], changes, self.swaps.get(unit, ()))
        ]
        if more:
            name = self.target.arguments
            raise Refused(
                "\n".join(["Planned again, these units do more than was approved:", *more]),
                f"None of them was applied. Look at all of it: `meridian plan {name}`; "
                f"or apply it as it is: `meridian apply {name} --accept-new`.",
            )


def apply_saved(
    target: Target,
    plans: Plans,
    saved: Sequence[UnitPlan],
    gate: Gate,
    *,
    show: Callable[[Sequence[UnitPlan]], None],
    accept_new: bool = False,
    shift: Shift | None = None,
    watch: Callable[[Target, Canary], None] = watch_canary,
) -> list[str]:
    """Apply the saved plans and return the units in the order in which they were applied.

    A plan is applied exactly as it was saved, an empty one is skipped, with three exceptions: a provisional plan
    holds a mock, a plan whose unit reads from one with changing outputs holds the old ones, and the state of a
    stale one has changed since, e.g. because an apply was killed when this unit was done. These units wait
    until every unit that they need is applied, and are then planned again with real outputs. Unless `accept_new`,
    the new plan may do only what the saved one said or left open.
    `gate` checks the units of each level, with the swaps of outputs, before they are applied; it raises to refuse.
    `show` shows plans that were made again. With a canary region, its units and all that they need are applied first.
    Before others change, `watch` checks the region, without a wait if nothing changed there; it raises to stop.
    With `shift`, a new version of a function is published before the rest of its unit is planned again, and gets a
    share of the calls before that is applied.
    Raises OperationFailed if a unit fails, or if a plan that was made again still holds a mock; Refused if one does
    more than the saved one.
    """
    needs = read_needs(target)
    waiting = {plan.unit: plan for plan in saved}
    approved = _Approved(target, plans.approved(saved))
    outdated = {unit for unit, plan in waiting.items() if plan.provisional}
    states = read_states(target)
    outdated |= (
        plans.find_stale(waiting, states)
        | (plans.kept() & waiting.keys())
        | find_readers(approved.outputs, waiting, needs)
    )
    canary, first = target.environment.canary, canary_units(target, needs) & waiting.keys()
    applied: list[str] = []
    planned_again: set[str] = set()
    release = Release(target, plans, shift, (lambda _: None) if accept_new else approved.require)
    while waiting:
        if canary and first and not first & waiting.keys():
            first = set()
            if outdated or any(not plan.empty for plan in waiting.values()):
                watch(target, canary if applied else replace(canary, minutes=0))
        later = waiting.keys() - first if first else set()
        final = [unit for unit in ready_units(waiting, needs, outdated) if unit not in later]
        if not final:
            again = {unit for unit in outdated if not waiting.keys() & set(needs.get(unit, ()))} - planned_again - later
            if not again:
                raise OperationFailed(
                    f"{', '.join(sorted(waiting))}: the plan still holds a mock although all it needs is applied.",
                    "A unit that it needs has no such output: compare the module's outputs.tf with the mocks in live/.",
                )
            say(f"   planning again: {', '.join(sorted(again))}")
            made = {plan.unit: plan for plan in plans.make_again(sorted(again))}
            fresh = plans.changes(made.values())
            show(list(made.values()))
            approved.note(fresh, needs)
            release.require(fresh)
            waiting |= made
            planned_again |= again
            outdated -= {unit for unit, plan in made.items() if not plan.provisional}
            outdated |= find_readers({unit: one.outputs for unit, one in fresh.items()}, waiting, needs)
            continue
        changing = [unit for unit in final if not waiting[unit].empty]
        if changing:
            gate(target, changing, approved.computed)
            held = release.publish(changing)
            outdated |= held
            planned_again -= held
            final = sorted({*final} - held)
            applied += release.apply(sorted({*changing} - held))
        record_empty(target, plans, [unit for unit in final if waiting[unit].empty], states)
        for unit in final:
            del waiting[unit]
    release.conclude()
    return applied


def find_readers(
    outputs: Mapping[str, Collection[object]], waiting: Mapping[str, UnitPlan], needs: Mapping[str, Sequence[str]]
) -> set[str]:
    """Return the waiting units that need a unit whose plan changes outputs; `outputs` has these by unit."""
    changing = {unit for unit, changed in outputs.items() if changed}
    return {unit for unit in waiting if changing & set(needs.get(unit, ()))}


def ready_units(
    waiting: Mapping[str, UnitPlan], needs: Mapping[str, Sequence[str]], outdated: Collection[str]
) -> list[str]:
    """Return the units whose plan is not outdated and that need no unit whose plan is."""
    held = with_dependents(outdated, {unit: needs.get(unit, ()) for unit in waiting})
    return sorted(waiting.keys() - set(held))
