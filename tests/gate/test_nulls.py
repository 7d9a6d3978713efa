"""Checkov gets a known null without a reference; an unknown value keeps its reference."""

import copy
import json
from pathlib import Path
from typing import Any

from meridian.gate.checkov import nulls
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
    found = json.loads(nulls.write_without_nulls(Plan(plan), tmp_path / "new/tfplan.json").read_text(encoding="utf-8"))
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
