"""The JSON Schema of an inventory, for editors; a setting has the type of its module's variable."""

import json
from collections.abc import Sequence
from typing import Any

from meridian.engines import ENGINES
from meridian.inventory import names
from meridian.inventory.environments import DATE, LONGEST_WATCH, OIDC_PROVIDERS, WORKING_TREE
from meridian.inventory.load import IDS_OF
from meridian.inventory.model import RETIRING
from meridian.inventory.regions import partitions
from meridian.inventory.retired_states import KEY as RETIRED_STATES
from meridian.inventory.retired_states import LOCATION
from meridian.inventory.settings import find_consumers
from meridian.modules import types
from meridian.modules.contract import Contract
from meridian.modules.ledger import MODULE, VERSION
from meridian.modules.limits import EACH, KEY, Limit
from meridian.modules.sources import Setting, leaves
from meridian.render import marker

FILE = "inventory.schema.json"
_PRIMITIVES = {"string": "string", "number": "number", "bool": "boolean"}


def format_schema(contracts: Sequence[Contract]) -> str:
    """Return the schema of an inventory for these modules; of several versions the first counts."""
    lines = json.dumps(_schema(contracts), indent=2, ensure_ascii=False).split("\n", 1)
    return marker.add_json_marker(f"{lines[1]}\n")


def _schema(contracts: Sequence[Contract]) -> dict[str, Any]:
    settings = {name: _setting(*several[0]) for name, several in sorted(find_consumers(contracts).items())}
    units = {
        "description": "Whether a module is deployed here; `meridian remove-unit` sets `retiring`.",
        **object_of({name: {"enum": [True, False, RETIRING]} for name in sorted({one.module for one in contracts})}),
    }
    deciding = {name for contract in contracts for name in contract.deciding}
    anywhere = {name: one for name, one in settings.items() if name not in deciding}
    region = {
        **anywhere,
        "units": units,
        "reason": text_of("Why this region differs, in one sentence.", minLength=10),
        "retiring": {
            "const": True,
            "description": "The region will be destroyed: it loses its deletion protection and is not verified.",
        },
    }
    environment = {
        "account_id": text_of("The account, 12 digits in quotes.", pattern=whole(names.ACCOUNT.pattern)),
        "primary_region": {
            "description": "The region of what exists once, and of the state.",
            "enum": sorted(partitions()),
        },
        "protected": {"type": "boolean", "description": "Deletion protection, typed confirmation, longer logs."},
        "versions": _versions(),
        "units": units,
        "regions": {
            "type": "object",
            "description": "The regions; {} for a region without settings of its own.",
            "minProperties": 1,
            "propertyNames": {"enum": sorted(partitions())},
            "additionalProperties": object_of(region),
        },
        "retired": {
            "type": "object",
            "description": "Removed regions, each with its date; written by `meridian remove-region`.",
            "propertyNames": {"enum": sorted(partitions())},
            "additionalProperties": {"type": "string", "pattern": whole(DATE.pattern)},
        },
        "access": {
            **object_of({"oidc_provider": {"enum": list(OIDC_PROVIDERS), "description": "GitHub's, in the account."}}),
            "description": "Roles for pipelines, made by `meridian bootstrap`; {} for a new provider.",
        },
        "permissions_boundary": text_of(
            "The ARN of the boundary that your company demands of every role.", pattern=whole(names.BOUNDARY.pattern)
        ),
        "role_path": text_of(
            "The path that your company demands of every role.", pattern=whole(names.ROLE_PATH.pattern)
        ),
        "state_copy": {
            "enum": sorted(partitions()),
            "description": "Another region, into which S3 copies every state; made by `meridian bootstrap`.",
        },
        "reason": text_of("Why the environment's own settings differ, in one sentence.", minLength=10),
        "recovery": {
            "description": "What `meridian drill` has to reach: seconds until every call succeeds, calls lost.",
            **object_of({name: {"type": "integer", "minimum": 0} for name in ("time_seconds", "lost_calls")}),
        },
        "canary": {
            "description": "The region that is applied first, and how many minutes its alarms are watched.",
            **object_of(
                {
                    "region": {"type": "string"},
                    "minutes": {"type": "integer", "minimum": 0, "maximum": LONGEST_WATCH},
                },
                ["region"],
            ),
        },
        **settings,
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "live/inventory.yaml",
        **object_of(
            {
                "project": text_of("Names begin with <project>-<environment>.", pattern=whole(names.NAME.pattern)),
                "repository": text_of(
                    "The URL that pinned versions come from.",
                    pattern=whole(names.REPOSITORY.pattern),
                ),
                "repository_ids": {
                    **object_of({key: text_of("Its id.", pattern=whole(names.ID.pattern)) for key in IDS_OF}, IDS_OF),
                    "description": "The ids in the subjects of GitHub's tokens, if yours have them.",
                },
                "engine": {
                    "enum": list(ENGINES),
                    "description": "What applies the modules, in every environment; default: terraform.",
                },
                "defaults": {**object_of(anywhere), "description": "Settings of every environment."},
                "environments": {
                    "type": "object",
                    "description": "The environments, in promotion order.",
                    "minProperties": 1,
                    "propertyNames": {"pattern": whole(names.NAME.pattern)},
                    "additionalProperties": object_of(
                        environment, ["account_id", "primary_region", "versions", "regions"]
                    ),
                },
                RETIRED_STATES: {
                    "type": "object",
                    "description": "States that were left without a unit on purpose, each with the date.",
                    "propertyNames": {"pattern": whole(LOCATION.pattern)},
                    "additionalProperties": {"type": "string", "pattern": whole(DATE.pattern)},
                },
            },
            ["project", "repository", "environments"],
        ),
    }


def _versions() -> dict[str, Any]:
    pins = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": whole(MODULE.pattern)},
        "additionalProperties": {"type": "string", "pattern": whole(VERSION.pattern)},
    }
    return {
        "description": "What runs: the working tree, or released versions.",
        "oneOf": [{"const": WORKING_TREE}, pins],
    }


def _setting(contract: Contract, setting: Setting) -> dict[str, Any]:
    found = [
        contract.variables[variable].description
        for variable, source in contract.inputs.items()
        if any(leaf is setting for leaf in leaves(source))
    ]
    schema = {**_type(setting.type), "description": " ".join(found)}
    for limit in contract.limits:
        if limit.path[0] == setting.name:
            _limited(schema, limit)
    return schema


def _limited(schema: dict[str, Any], limit: Limit) -> None:
    """Put a limit where its steps lead in the schema of a setting."""
    for step in limit.path[1:]:
        if step == KEY:
            schema = schema.setdefault("propertyNames", {})
        else:
            schema = (
                schema["properties"][step] if step != EACH else schema.get("items") or schema["additionalProperties"]
            )
    schema[limit.keyword] = limit.bound


def _type(kind: types.Type) -> dict[str, Any]:
    if isinstance(kind, types.Primitive):
        return {"type": _PRIMITIVES[kind.name]} if kind.name in _PRIMITIVES else {}
    if isinstance(kind, types.Object):
        return object_of({name: _type(one.type) for name, one in kind.attributes.items()})
    if kind.kind == "map":
        return {"type": "object", "additionalProperties": _type(kind.element)}
    return {"type": "array", "items": _type(kind.element), **({"uniqueItems": True} if kind.kind == "set" else {})}


def object_of(properties: dict[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    """Return the schema of a map with these keys and no other."""
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": list(required)} if required else {})


def text_of(description: str, **rules: Any) -> dict[str, Any]:
    """Return the schema of a text."""
    return {"type": "string", "description": description, **rules}


def whole(pattern: str) -> str:
    """Return a pattern that a text matches as a whole; a schema's patterns match a part."""
    return f"^(?:{pattern})$"
