"""One unit's plan in short, for people and reports."""

from collections.abc import Iterator
from dataclasses import dataclass

from meridian.plans.plan_json import ACTIONS, Plan

LISTED = ("replace", "delete", "forget", "create and forget", "move", "import")
"""The actions whose resources are listed one by one, not only counted."""


@dataclass(frozen=True)
class UnitPlan:
    """What a unit's plan changes, and whether a mock stands in for a real value."""

    unit: str
    changes: tuple[tuple[str, str], ...]
    """Pairs of action and resource address; for a move the address is `OLD -> NEW`."""
    outputs_change: bool
    provisional: bool
    applyable: bool

    @property
    def empty(self) -> bool:
        """True if Terraform has nothing to apply, not even to the state."""
        return not self.applyable

    def count(self, action: str) -> int:
        """Return how many resources the action is planned for."""
        return sum(1 for planned, _ in self.changes if planned == action)


def summarise(unit: str, plan: Plan) -> UnitPlan:
    """Return the summary of one unit's plan."""
    return UnitPlan(unit, tuple(_changes(plan)), plan.outputs_change, plan.provisional, plan.applyable)


def _changes(plan: Plan) -> Iterator[tuple[str, str]]:
    for entry in plan.changes:
        address, change = str(entry["address"]), entry["change"]
        if entry.get("previous_address"):
            yield "move", f"{entry['previous_address']} -> {address}"
        if change.get("importing") is not None:
            yield "import", address
        if action := ACTIONS[tuple(change["actions"])]:
            yield action, address
