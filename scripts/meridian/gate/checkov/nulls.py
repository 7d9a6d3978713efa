"""The copy of a plan that Checkov reads: values that are known to be null have no references.

`kms_key_arn = var.own ? aws_kms_key.data.arn : null`, planned as null, still names the key in the plan's
configuration. Checkov reads that name as a value, so every check that wants a key would pass.
"""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from meridian.gate.checkov.engine import plain_address
from meridian.gate.checkov.inline_policies import drop_repeated_policies
from meridian.plans.plan_json import Plan


def write_without_nulls(plan: Plan, file: Path) -> Path:
    """Write a copy of a plan without the references of values that are known to be null, and return its path.

    It lacks the policies that a role repeats, too, and what a function without variables has after its first apply.
    """
    copied = copy.deepcopy(dict(plan.document))
    drop_repeated_policies(copied)
    changes = {one["address"]: one["change"].get("after_unknown") or {} for one in copied["resource_changes"]}
    written = copied.get("configuration", {}).get("root_module", {}).get("resources", [])
    expressions = {one["address"]: one.get("expressions", {}) for one in written}
    for one in copied["planned_values"].get("root_module", {}).get("resources", []):
        _drop_empty_environment(one)
        _drop(
            one.get("values", {}), changes.get(one["address"], {}), expressions.get(plain_address(one["address"]), {})
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(copied), encoding="utf-8")
    return file


def _drop_empty_environment(resource: Mapping[str, Any]) -> None:
    """Drop an empty block and an empty key of a function: CKV_AWS_173 takes both as written."""
    values = resource.get("values", {})
    if resource.get("type") == "aws_lambda_function" and values.get("environment") == []:
        del values["environment"]
        if not values.get("kms_key_arn"):
            values.pop("kms_key_arn", None)


def _drop(values: Any, unknown: Any, expressions: Any) -> None:
    if not isinstance(values, Mapping) or not isinstance(expressions, Mapping):
        return
    for key, expression in expressions.items():
        later = unknown.get(key) if isinstance(unknown, Mapping) else unknown
        if later is True:
            continue
        if isinstance(expression, list):
            inside, after = values.get(key) or [], later if isinstance(later, list) else []
            for index, (value, part) in enumerate(zip(inside, expression, strict=False)):
                _drop(value, after[index] if index < len(after) else {}, part)
        elif isinstance(expression, dict) and key in values and values[key] is None:
            expression.pop("references", None)
