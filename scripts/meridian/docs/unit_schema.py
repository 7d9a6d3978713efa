"""The JSON Schema of a module's unit.yaml, for editors: modules/unit.schema.json."""

import json
from typing import Any

from meridian.modules.inputs import OUTPUT, SETTING
from meridian.modules.ledger import MODULE
from meridian.modules.manifest import APPLIERS, NEEDS, PACKAGE, PLACEMENTS
from meridian.modules.sources import ENVIRONMENT_FIELDS, ENVIRONMENT_LISTS, INVENTORY_FIELDS

FILE = "modules/unit.schema.json"


def format_unit_schema() -> str:
    """Return the schema; what depends on the types in variables.tf only `meridian generate` checks."""
    return json.dumps(_schema(), indent=2) + "\n"


def _schema() -> dict[str, Any]:
    place = {"enum": list(NEEDS), "description": "Where the needed unit is."}
    need = {
        "anyOf": [
            place,
            _object(
                {"placement": place, "optional": _flag("Where the module is absent, inputs that read it are null.")},
                ["placement"],
            ),
        ]
    }
    fields = [*ENVIRONMENT_FIELDS, *ENVIRONMENT_LISTS]
    sources = [
        _object({"setting": _text(SETTING.pattern, "The key in the inventory."), "protected": {}}, ["setting"]),
        _object({"output": _text(OUTPUT.pattern, "<module>.<output> of a need.")}, ["output"]),
        _object({"environment": {"enum": fields, "description": "A fact of the environment."}}, ["environment"]),
        _object({"inventory": {"enum": list(INVENTORY_FIELDS)}}, ["inventory"]),
        _object({"protected": {}, "otherwise": {}}, ["protected", "otherwise"]),
    ]
    words = ["setting", "output", "environment", "inventory", "protected"]
    nested = {
        "type": "object",
        "not": {"anyOf": [{"required": [word]} for word in words]},
        "additionalProperties": {"$ref": "#/definitions/source"},
    }
    return {
        "$comment": "Written by `python -m meridian.docs`, do not edit.",
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "modules/<module>/unit.yaml",
        "definitions": {
            "source": {"anyOf": [*sources, nested, {"type": "array", "items": {"$ref": "#/definitions/source"}}]}
        },
        **_object(
            {
                "placement": {"enum": list(PLACEMENTS), "description": "In which regions the module can have a unit."},
                "optional": _flag("Off until the inventory switches it on with `units`."),
                "needs": {
                    "type": "object",
                    "description": "The modules that must be applied before it, and whose outputs it can read.",
                    "propertyNames": {"pattern": _whole(MODULE.pattern)},
                    "additionalProperties": need,
                },
                "package": _text(PACKAGE.pattern, "The script that builds the function's package."),
                "applied_by": {"enum": list(APPLIERS), "description": "The command that applies it, not `apply`."},
                "inputs": {
                    "type": "object",
                    "description": "The source of each variable in variables.tf.",
                    "additionalProperties": {"$ref": "#/definitions/source"},
                },
            },
            ["placement"],
        ),
    }


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


def _text(pattern: str, description: str) -> dict[str, Any]:
    return {"type": "string", "pattern": _whole(pattern), "description": description}


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"
