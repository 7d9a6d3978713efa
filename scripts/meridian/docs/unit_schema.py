"""The JSON Schema of a module's unit.yaml, for editors: modules/unit.schema.json."""

import json
from typing import Any

from meridian.modules.inputs import OUTPUT, SETTING
from meridian.modules.ledger import MODULE
from meridian.modules.manifest import APPLIERS, NEEDS, PACKAGE, PLACEMENTS, UNPROTECTED
from meridian.modules.rights import ACTION, ANY, KEPT, RESOURCE, ROLES, SERVICE
from meridian.modules.sources import DECLARED_LISTS, ENVIRONMENT_FIELDS, ENVIRONMENT_LISTS, INVENTORY_FIELDS
from meridian.render.schema import object_of, text_of, whole

FILE = "modules/unit.schema.json"


def format_unit_schema() -> str:
    """Return the schema; what depends on the types in variables.tf only `meridian generate` checks."""
    return json.dumps(_schema(), indent=2) + "\n"


def _schema() -> dict[str, Any]:
    place = {"enum": list(NEEDS), "description": "Where the needed unit is."}
    need = {
        "anyOf": [
            place,
            object_of(
                {
                    "placement": place,
                    "optional": _flag("Where the module is absent, inputs that read it are null."),
                    "if": _condition(),
                },
                ["placement"],
            ),
        ]
    }
    fields = [*ENVIRONMENT_FIELDS, *ENVIRONMENT_LISTS, *DECLARED_LISTS]
    sources = [
        object_of(
            {"setting": text_of("The key in the inventory.", pattern=whole(SETTING.pattern)), "protected": {}},
            ["setting"],
        ),
        object_of({"output": text_of("<module>.<output> of a need.", pattern=whole(OUTPUT.pattern))}, ["output"]),
        object_of({"environment": {"enum": fields, "description": "A fact of the environment."}}, ["environment"]),
        object_of({"inventory": {"enum": list(INVENTORY_FIELDS)}}, ["inventory"]),
        object_of(
            {"deployed": text_of("A module: true where it has a unit in the region.", pattern=whole(MODULE.pattern))},
            ["deployed"],
        ),
        object_of({"protected": {}, "otherwise": {}}, ["protected", "otherwise"]),
    ]
    words = ["setting", "output", "environment", "inventory", "deployed", "protected"]
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
        **object_of(
            {
                "placement": {"enum": list(PLACEMENTS), "description": "In which regions the module can have a unit."},
                "optional": {
                    "enum": [True, False, UNPROTECTED],
                    "description": "Off, at least in unprotected environments, until `units` switch it on.",
                },
                "needs": {
                    "type": "object",
                    "description": "The modules that must be applied before it, and whose outputs it can read.",
                    "propertyNames": {"pattern": whole(MODULE.pattern)},
                    "additionalProperties": need,
                },
                "package": text_of("The script that builds the function's package.", pattern=whole(PACKAGE.pattern)),
                "applied_by": {"enum": list(APPLIERS), "description": "The command that applies it, not `apply`."},
                "functions": {
                    "type": "array",
                    "description": "The functions: each has a role of its own, <prefix>-<function>-<region>.",
                    "uniqueItems": True,
                    "items": text_of("The function's name after the prefix.", pattern=whole(MODULE.pattern)),
                },
                "rights": {
                    "type": "array",
                    "description": "What the roles of pipelines and functions may do for its units.",
                    "items": _right(),
                },
                "inputs": {
                    "type": "object",
                    "description": "The source of each variable in variables.tf.",
                    "additionalProperties": {"$ref": "#/definitions/source"},
                },
            },
            ["placement"],
        ),
    }


def _right() -> dict[str, Any]:
    service = text_of("The prefix of the service's actions, e.g. sqs.", pattern=whole(SERVICE.pattern))
    actions = {"type": "array", "minItems": 1, "items": text_of("An action.", pattern=whole(ACTION.pattern))}
    named = text_of("What stands before the name in an ARN.", pattern=whole(RESOURCE.pattern))
    return object_of(
        {
            "service": {**service, "not": {"enum": list(KEPT)}},
            "resource": {"anyOf": [named, {"const": ANY}]},
            "if": _condition(),
            **dict.fromkeys(ROLES, actions),
        },
        ["service"],
    )


def _condition() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A setting of the environment and its value, without which it does not count.",
        "propertyNames": {"pattern": whole(SETTING.pattern)},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": {"type": "string"},
    }


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}
