"""Plans in Terraform's JSON form, for the tests of summaries."""

from typing import Any

from meridian.plans.plan_json import ACTIONS

_WORDS = {name: list(actions) for actions, name in reversed(ACTIONS.items()) if name} | {"no-op": ["no-op"]}


def change(address: str, action: str, *, previous_address: str = "", **body: Any) -> dict[str, Any]:
    """Return one entry of resource_changes; `action` is a name of ACTIONS."""
    kind, _, name = address.partition(".")
    entry = {"address": address, "mode": "managed", "type": kind, "name": name}
    entry |= {"previous_address": previous_address} if previous_address else {}
    return {**entry, "change": {"actions": _WORDS[action], **body}}


def plan(*changes: dict[str, Any]) -> dict[str, Any]:
    """Return a whole plan with these changes."""
    return {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {"resources": [{"address": one["address"], "mode": "managed"} for one in changes]}
        },
        "resource_changes": list(changes),
        "output_changes": {},
        "applyable": True,
        "complete": True,
        "errored": False,
    }
