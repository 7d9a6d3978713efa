"""The copy of a plan that Checkov reads: without what the plan repeats of AWS or of its code, and does not apply.

`kms_key_arn = var.own ? aws_kms_key.data.arn : null`, planned as null, still names the key in the plan's
configuration. Checkov reads that name as a value, so every check that wants a key would pass.

A role has in `inline_policy` what AWS had before: the wide policy, in the plan that narrows it again.
"""

import copy
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from meridian.gate.checkov.engine import plain_address
from meridian.plans.plan_json import Plan


def write_plan_copy(plan: Plan, file: Path) -> Path:
    """Write the copy and return its path."""
    copied = copy.deepcopy(dict(plan.document))
    changes = {one["address"]: one["change"].get("after_unknown") or {} for one in copied["resource_changes"]}
    written = copied.get("configuration", {}).get("root_module", {}).get("resources", [])
    expressions = {one["address"]: one.get("expressions", {}) for one in written}
    resources = copied["planned_values"].get("root_module", {}).get("resources", [])
    policies = [one.get("values", {}) for one in resources if one.get("type") == "aws_iam_role_policy"]
    planned = {(policy.get("role"), policy.get("name")) for policy in policies}
    for one in resources:
        expression = expressions.get(plain_address(one["address"]), {})
        _drop_empty_environment(one)
        _drop_repeated_policies(one, expression, planned)
        _drop_nulls(one.get("values", {}), changes.get(one["address"], {}), expression)
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


def _drop_repeated_policies(resource: Mapping[str, Any], expressions: Any, planned: Collection[Any]) -> None:
    """Drop the inline policies of a role that are resources of the same plan; one without a resource stays."""
    values = resource.get("values", {})
    if resource.get("type") == "aws_iam_role" and values.get("inline_policy") and "inline_policy" not in expressions:
        values["inline_policy"] = [
            block for block in values["inline_policy"] if (values.get("name"), block.get("name")) not in planned
        ]


def _drop_nulls(values: Any, unknown: Any, expressions: Any) -> None:
    if not isinstance(values, Mapping) or not isinstance(expressions, Mapping):
        return
    for key, expression in expressions.items():
        later = unknown.get(key) if isinstance(unknown, Mapping) else unknown
        if later is True:
            continue
        if isinstance(expression, list):
            inside, after = values.get(key) or [], later if isinstance(later, list) else []
            for index, (value, part) in enumerate(zip(inside, expression, strict=False)):
                _drop_nulls(value, after[index] if index < len(after) else {}, part)
        elif isinstance(expression, dict) and key in values and values[key] is None:
            expression.pop("references", None)
