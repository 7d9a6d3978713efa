"""Checkov gets a known null without a reference; an unknown value keeps its reference."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from meridian.gate.checkov import plan_copy
from meridian.plans.plan_json import Plan

KEY: dict[str, Any] = {"references": ["aws_kms_key.data.arn", "aws_kms_key.data"]}
TABLE = {"server_side_encryption": [{"enabled": {"constant_value": True}, "kms_key_arn": KEY}], "name": {**KEY}}


def written(tmp_path: Path, values: dict[str, Any], unknown: dict[str, Any]) -> Any:
    """Return the expressions of a table after a plan with these values was written."""
    plan = {
        "planned_values": {"root_module": {"resources": [{"address": "aws_dynamodb_table.t[0]", "values": values}]}},
        "resource_changes": [{"address": "aws_dynamodb_table.t[0]", "change": {"after_unknown": unknown}}],
        "configuration": {
            "root_module": {"resources": [{"address": "aws_dynamodb_table.t", "expressions": copy.deepcopy(TABLE)}]}
        },
    }
    before = copy.deepcopy(plan)
    found = json.loads(plan_copy.write_plan_copy(Plan(plan), tmp_path / "new/tfplan.json").read_text(encoding="utf-8"))
    assert plan == before, "The plan itself is checked too."
    return found["configuration"]["root_module"]["resources"][0]["expressions"]


def test_a_null_names_nothing(tmp_path: Path) -> None:
    found = written(tmp_path, {"name": None, "server_side_encryption": [{"enabled": True, "kms_key_arn": None}]}, {})
    assert found == {"name": {}, "server_side_encryption": [{"enabled": {"constant_value": True}, "kms_key_arn": {}}]}


def test_what_is_known_after_the_apply_keeps_its_reference(tmp_path: Path) -> None:
    """Terraform leaves it out, or has null beside a mark that it is not known."""
    assert written(tmp_path, {}, {"name": True, "server_side_encryption": True}) == TABLE
    values = {"name": None, "server_side_encryption": [{"enabled": True, "kms_key_arn": None}]}
    assert written(tmp_path, values, {"name": True, "server_side_encryption": [{"kms_key_arn": True}]}) == TABLE
    assert written(tmp_path, values, {"name": True, "server_side_encryption": True}) == TABLE


def test_a_value_keeps_its_reference(tmp_path: Path) -> None:
    values = {"name": "a", "server_side_encryption": [{"enabled": True, "kms_key_arn": "arn:aws:kms:x"}]}
    assert written(tmp_path, values, {}) == TABLE


def inline_policies(tmp_path: Path, policy: dict[str, Any], **expressions: Any) -> list[str]:
    """Return the inline policies that Checkov sees of a role with two, beside one resource for a policy."""
    blocks = [{"name": "function", "policy": "wide"}, {"name": "by-hand", "policy": "wide"}]
    role = {"address": "aws_iam_role.r", "type": "aws_iam_role", "values": {"name": "r", "inline_policy": blocks}}
    own = {"address": "aws_iam_role_policy.p", "type": "aws_iam_role_policy", "values": policy}
    plan = {
        "planned_values": {"root_module": {"resources": [role, own]}},
        "resource_changes": [],
        "configuration": {"root_module": {"resources": [{"address": "aws_iam_role.r", "expressions": expressions}]}},
    }
    found = json.loads(plan_copy.write_plan_copy(Plan(plan), tmp_path / "tfplan.json").read_text(encoding="utf-8"))
    return [one["name"] for one in found["planned_values"]["root_module"]["resources"][0]["values"]["inline_policy"]]


def test_a_role_does_not_repeat_the_policy_that_is_put_back(tmp_path: Path) -> None:
    """The resource that narrows it is checked; a policy without a resource is checked in the role."""
    assert inline_policies(tmp_path, {"role": "r", "name": "function", "policy": "narrow"}) == ["by-hand"]


def test_a_role_keeps_the_policies_that_nothing_else_in_the_plan_sets(tmp_path: Path) -> None:
    both = ["function", "by-hand"]
    assert inline_policies(tmp_path, {"role": "another", "name": "function"}) == both
    own = {"role": "r", "name": "function", "policy": "narrow"}
    assert inline_policies(tmp_path, own, inline_policy=[{"name": {}}]) == both


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ({"environment": [], "kms_key_arn": ""}, {}),
        ({"environment": [], "kms_key_arn": "arn:aws:kms:x"}, {"kms_key_arn": "arn:aws:kms:x"}),
        ({"environment": [{"variables": {"A": "b"}}], "kms_key_arn": ""}, None),
    ],
)
def test_a_function_without_variables_has_none_after_its_first_apply(
    tmp_path: Path, values: dict[str, Any], seen: dict[str, Any] | None
) -> None:
    """The first plan has neither; the provider then reads an empty block, which is not a written one."""
    function = {"address": "aws_lambda_function.f", "type": "aws_lambda_function", "values": copy.deepcopy(values)}
    plan = {"planned_values": {"root_module": {"resources": [function]}}, "resource_changes": []}
    found = json.loads(plan_copy.write_plan_copy(Plan(plan), tmp_path / "tfplan.json").read_text(encoding="utf-8"))
    assert found["planned_values"]["root_module"]["resources"][0]["values"] == (values if seen is None else seen)
