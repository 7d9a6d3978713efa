"""Which aliases of functions a plan moves to another version, and what publishes that version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meridian.plans.plan_json import Plan


@dataclass(frozen=True)
class Alias:
    """An alias that a plan moves to another version of its function; `new` is empty until that is published."""

    unit: str
    function: str
    name: str
    old: str
    new: str

    @property
    def region(self) -> str:
        """The region of its unit."""
        return self.unit.partition("/")[0]

    def __str__(self) -> str:
        """Return how messages name the new version."""
        return f"{self.region}: version {self.new} of {self.function}"


def find_moving(unit: str, plan: Plan) -> list[Alias]:
    """Return the aliases that a plan moves from one published version of a function to another."""
    found = []
    for entry in plan.changes:
        if entry.get("type") == "aws_lambda_alias" and entry["change"]["actions"] == ["update"]:
            before, after = entry["change"]["before"], entry["change"]["after"]
            old, new = str(before["function_version"]), str(after.get("function_version") or "")
            if old != new and old.isdecimal():
                found.append(Alias(unit, _function_name(before), str(before["name"]), old, new))
    return found


def find_unpublished(unit: str, plan: Plan) -> list[str]:
    """Return the addresses of the functions that a plan changes and whose new version an alias is to get."""
    waiting = {alias.function for alias in find_moving(unit, plan) if not alias.new}
    return [
        str(entry["address"])
        for entry in plan.changes
        if entry.get("type") == "aws_lambda_function"
        and entry["change"]["actions"] == ["update"]
        and _function_name(entry["change"]["before"]) in waiting
    ]


def _function_name(values: Mapping[str, Any]) -> str:
    """Return the name of a function, which an alias may have as an ARN."""
    return str(values["function_name"]).rpartition(":")[2]
