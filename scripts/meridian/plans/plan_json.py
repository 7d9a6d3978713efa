"""The only reader of Terraform's plan JSON: summary, gate and apply all use what it has checked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from meridian.errors import CouldNotTell
from meridian.modules.contract import SENTINEL

ACTIONS = {
    ("no-op",): "",
    ("read",): "",
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
    ("create", "forget"): "create and forget",
}
"""Every combination of actions that Terraform documents, with its name in reports; "" changes nothing."""
_KEEPING = {"create", "no-op", "update"}


@dataclass(frozen=True)
class Plan:
    """One unit's plan in Terraform's JSON form; `read_plan` returns only whole ones."""

    document: Mapping[str, Any]

    @property
    def applyable(self) -> bool:
        """True if Terraform has something to apply: a change, a move, an import or an output."""
        return bool(self.document["applyable"])

    @property
    def changes(self) -> Sequence[Mapping[str, Any]]:
        """What the plan does to each resource, as `resource_changes` lists it."""
        changes: Sequence[Mapping[str, Any]] = self.document["resource_changes"]
        return changes

    @property
    def drift(self) -> Sequence[Mapping[str, Any]]:
        """What refreshing found to differ from the state, in the form of `changes`."""
        drift: Sequence[Mapping[str, Any]] = self.document.get("resource_drift", [])
        return drift

    @property
    def outputs_change(self) -> bool:
        """True if any output gets another value."""
        return any(output["actions"] != ["no-op"] for output in self.document.get("output_changes", {}).values())

    @cached_property
    def resources(self) -> Sequence[Mapping[str, Any]]:
        """Every managed resource of the planned values, including those of child modules."""
        found = []
        modules = [self.document["planned_values"].get("root_module", {})]
        while modules:
            module = modules.pop()
            found += [one for one in module.get("resources", ()) if one["mode"] == "managed"]
            modules += module.get("child_modules", ())
        return found

    @cached_property
    def provisional(self) -> bool:
        """True if a mock stands anywhere in the plan."""
        return holds_sentinel(self.document)


def read_plan(path: Path, name: str, again: str = "Plan again.", *, part: bool = False) -> Plan:
    """Return the plan in a file; CouldNotTell for a state, a binary plan, a part of a plan or an empty one.

    Checkov reads each of these as a plan without resources and reports nothing. `name` is the unit in
    messages, `again` the hint that says how to plan it. With `part`, a plan of chosen resources is one, too.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CouldNotTell(f"{name}: it has no plan.", again) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CouldNotTell(f"{name}: its plan cannot be read as JSON: {error}", again) from error
    try:
        problem = _problem(document, part)
    except (AttributeError, KeyError, TypeError) as error:
        problem = f"is not in Terraform's form ({type(error).__name__}: {error})"
    if problem:
        raise CouldNotTell(f"{name}: its plan {problem}.", again)
    return Plan(document)


def holds_sentinel(value: object) -> bool:
    """Return True if the sentinel of a mock stands anywhere in a JSON value."""
    if isinstance(value, str):
        return SENTINEL in value
    if isinstance(value, Mapping):
        return any(holds_sentinel(key) or holds_sentinel(item) for key, item in value.items())
    if isinstance(value, list):
        return any(holds_sentinel(item) for item in value)
    return False


def _problem(document: Any, part: bool) -> str:
    """Return why a document is not one whole plan, or an empty string; with `part` it may leave resources out."""
    if not isinstance(document, dict) or not str(document.get("format_version", "")).startswith("1."):
        return "is not Terraform's plan JSON of format 1"
    if "planned_values" not in document or not isinstance(document.get("resource_changes"), list):
        kind = "a state" if "values" in document else "not a whole plan"
        return f"is {kind}: planned_values or resource_changes is missing"
    # Terraform 1.11, the oldest that the root file accepts, writes all three.
    silent = [key for key in ("applyable", "complete", "errored") if not isinstance(document.get(key), bool)]
    if silent:
        return f"does not say whether it is {' and '.join(silent)}: Terraform before 1.11 or OpenTofu made it"
    if document["errored"] or not (document["complete"] or part):
        return "ended with an error and is not whole" if document["errored"] else "is not complete"
    return _problem_of_changes(Plan(document))


def _problem_of_changes(plan: Plan) -> str:
    planned = {one["address"] for one in plan.resources}
    for entry in plan.drift:
        if tuple(entry["change"]["actions"]) not in ACTIONS:
            return f"found a difference of {entry['address']} that is not known here: {entry['change']['actions']}"
    for entry in plan.changes:
        address, actions = entry["address"], tuple(entry["change"]["actions"])
        if actions not in ACTIONS:
            return f"has an action for {address} that is not known here: {', '.join(map(str, actions))}"
        if entry["mode"] == "managed" and _KEEPING & set(actions) and address not in planned:
            return f"changes {address} and does not say into what"
    return "" if plan.changes else "names no resource at all"
