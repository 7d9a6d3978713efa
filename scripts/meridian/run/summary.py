"""Plan JSON to what a person wants to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SENTINEL = "meridianmock"
ACTIONS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
}


@dataclass(frozen=True)
class UnitPlan:
    """One unit's plan: what changes, and whether a mock stands in for something real."""

    unit: str
    changes: tuple[tuple[str, str], ...]
    """Pairs of action (create, update, delete, replace, forget) and resource address."""
    outputs_change: bool
    provisional: bool

    @property
    def empty(self) -> bool:
        """True if an apply would change neither a resource nor an output."""
        return not self.changes and not self.outputs_change

    def count(self, action: str) -> int:
        """Return how many resources the action is planned for."""
        return sum(1 for planned, _ in self.changes if planned == action)


def summarise(unit: str, plan: Mapping[str, Any]) -> UnitPlan:
    """Return the summary of one unit's plan in Terraform's JSON form (format 1.x)."""
    changes = []
    for change in plan.get("resource_changes", ()):
        action = ACTIONS.get(tuple(change["change"]["actions"]))
        if action:
            changes.append((action, str(change["address"])))
    outputs = plan.get("output_changes", {})
    return UnitPlan(
        unit,
        tuple(changes),
        outputs_change=any(change["actions"] != ["no-op"] for change in outputs.values()),
        provisional=holds_sentinel(plan),
    )


def holds_sentinel(value: object) -> bool:
    """Return True if the sentinel of a mock stands anywhere in a JSON value."""
    if isinstance(value, str):
        return SENTINEL in value
    if isinstance(value, Mapping):
        return any(holds_sentinel(key) or holds_sentinel(item) for key, item in value.items())
    if isinstance(value, list):
        return any(holds_sentinel(item) for item in value)
    return False
