"""What OpenTofu's plan JSON lacks: whether there is anything to apply, and whether it is the whole plan."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from meridian.plans.plan_file import covers_everything


def complete_json(printed: bytes, plan: Path) -> bytes:
    """Return OpenTofu's plan JSON with `applyable` and `complete`, as Terraform writes them.

    A text that is not OpenTofu's stays as it is: the reader of plan JSON then refuses what it lacks.
    """
    try:
        document = json.loads(printed)
        if document.keys() & {"applyable", "complete"} or not isinstance(document["errored"], bool):
            return printed
        whole = not document["errored"]
        document |= {
            "applyable": whole and _changes_something(document),
            "complete": whole and covers_everything(plan),
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return printed
    return json.dumps(document).encode()


def _changes_something(document: Mapping[str, Any]) -> bool:
    """Return what `Changes.Empty` of OpenTofu denies: a change, a move, an import or an output."""
    resources = any(
        entry["change"]["actions"] != ["no-op"] or "previous_address" in entry or "importing" in entry["change"]
        for entry in document.get("resource_changes", ())
    )
    return resources or any(one["actions"] != ["no-op"] for one in document.get("output_changes", {}).values())
