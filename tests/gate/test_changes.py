"""Rules over the changes of a plan: each refuses one, and ordinary changes pass."""

from typing import Any

import pytest

from meridian.gate.finding import Finding, Place
from meridian.gate.rules import changes
from meridian.plans.plan_json import Plan

PLACE = Place("prod", "eu-west-1", "data")


def change(kind: str, actions: list[str], before: Any = None, after: Any = None, **more: Any) -> dict[str, Any]:
    """Return one entry of resource_changes."""
    body = {"actions": actions, "before": before, "after": after, "after_unknown": more.pop("unknown", {}), **more}
    return {"address": f"{kind}.this", "mode": "managed", "type": kind, "name": "this", "change": body}


def judge(*entries: dict[str, Any], final: bool = False) -> list[Finding]:
    """Return the findings of a plan that has these changes."""
    plan = Plan({"resource_changes": list(entries)})
    return changes.find_in_changes(plan, place=PLACE, module="data", lines={}, final=final)


def update(kind: str, before: Any, after: Any, **more: Any) -> dict[str, Any]:
    """Return an update in place."""
    return change(kind, ["update"], before, after, **more)


BAD = {
    "a table destroyed": (change("aws_dynamodb_table", ["delete"], {}), "MRD_CHANGE_001", "would be destroyed"),
    "a pool destroyed": (change("aws_cognito_user_pool", ["delete"], {}), "MRD_CHANGE_001", "its users"),
    "a bucket destroyed": (change("aws_s3_bucket", ["delete"], {}), "MRD_CHANGE_001", "its objects"),
    "a log group destroyed": (change("aws_cloudwatch_log_group", ["delete"], {}), "MRD_CHANGE_001", "its log events"),
    "a table replaced": (
        change("aws_dynamodb_table", ["delete", "create"], {}, {}, replace_paths=[["hash_key"]]),
        "MRD_CHANGE_001",
        "replaced because of hash_key",
    ),
    "a key replaced, new one first": (
        change("aws_kms_key", ["create", "delete"], {}, {}),
        "MRD_CHANGE_001",
        "replaced",
    ),
    "a table forgotten": (change("aws_dynamodb_table", ["forget"], {}), "MRD_CHANGE_004", "dropped from the state"),
    "deletion protection off": (
        update("aws_dynamodb_table", {"deletion_protection_enabled": True}, {"deletion_protection_enabled": False}),
        "MRD_CHANGE_002",
        "deletion_protection_enabled would go from True to False",
    ),
    "recovery off": (
        update(
            "aws_dynamodb_table",
            {"point_in_time_recovery": [{"enabled": True}]},
            {"point_in_time_recovery": [{"enabled": False}]},
        ),
        "MRD_CHANGE_002",
        "point_in_time_recovery.enabled",
    ),
    "items that stay for ever": (
        update("aws_dynamodb_table", {"ttl": [{"enabled": True}]}, {"ttl": [{"enabled": False}]}),
        "MRD_CHANGE_002",
        "ttl.enabled",
    ),
    "a second factor made optional": (
        update("aws_cognito_user_pool", {"mfa_configuration": "ON"}, {"mfa_configuration": "OPTIONAL"}),
        "MRD_CHANGE_002",
        "from 'ON' to 'OPTIONAL'",
    ),
    "a second factor taken away": (
        update("aws_cognito_user_pool", {"mfa_configuration": "OPTIONAL"}, {"mfa_configuration": "OFF"}),
        "MRD_CHANGE_002",
        "from 'OPTIONAL' to 'OFF'",
    ),
    "a queue destroyed": (change("aws_sqs_queue", ["delete"], {}), "MRD_CHANGE_001", "its messages"),
    "recovery gone": (
        update("aws_dynamodb_table", {"point_in_time_recovery": [{"enabled": True}]}, {"point_in_time_recovery": []}),
        "MRD_CHANGE_002",
        "from True to None",
    ),
    "a pool unprotected": (
        update("aws_cognito_user_pool", {"deletion_protection": "ACTIVE"}, {"deletion_protection": "INACTIVE"}),
        "MRD_CHANGE_002",
        "'INACTIVE'",
    ),
    "self sign-up opened": (
        update(
            "aws_cognito_user_pool",
            {"admin_create_user_config": [{"allow_admin_create_user_only": True}]},
            {"admin_create_user_config": [{"allow_admin_create_user_only": False}]},
        ),
        "MRD_CHANGE_002",
        "allow_admin_create_user_only",
    ),
    "shorter passwords": (
        update(
            "aws_cognito_user_pool",
            {"password_policy": [{"minimum_length": 12}]},
            {"password_policy": [{"minimum_length": 8}]},
        ),
        "MRD_CHANGE_002",
        "from 12 to 8",
    ),
    "rotation off": (
        update("aws_kms_key", {"enable_key_rotation": True}, {"enable_key_rotation": False}),
        "MRD_CHANGE_002",
        "enable_key_rotation",
    ),
    "a shorter window": (
        update("aws_kms_key", {"deletion_window_in_days": 30}, {"deletion_window_in_days": 7}),
        "MRD_CHANGE_002",
        "from 30 to 7",
    ),
    "logs kept shorter": (
        update("aws_cloudwatch_log_group", {"retention_in_days": 365}, {"retention_in_days": 30}),
        "MRD_CHANGE_002",
        "from 365 to 30",
    ),
    "logs no longer for ever": (
        update("aws_cloudwatch_log_group", {"retention_in_days": 0}, {"retention_in_days": 365}),
        "MRD_CHANGE_002",
        "from 0 to 365",
    ),
    "logs in clear": (
        update("aws_cloudwatch_log_group", {"kms_key_id": "arn:aws:kms:x"}, {"kms_key_id": None}),
        "MRD_CHANGE_002",
        "kms_key_id",
    ),
    "a topic in clear": (
        update("aws_sns_topic", {"kms_master_key_id": "arn:aws:kms:x"}, {"kms_master_key_id": ""}),
        "MRD_CHANGE_002",
        "kms_master_key_id",
    ),
    "a route opened": (
        update("aws_apigatewayv2_route", {"authorizer_id": "abc"}, {"authorizer_id": None}),
        "MRD_CHANGE_002",
        "authorizer_id",
    ),
    "revocation off": (
        update("aws_cognito_user_pool_client", {"enable_token_revocation": True}, {"enable_token_revocation": False}),
        "MRD_CHANGE_002",
        "enable_token_revocation",
    ),
    "tracing off": (
        update(
            "aws_lambda_function",
            {"tracing_config": [{"mode": "Active"}]},
            {"tracing_config": [{"mode": "PassThrough"}]},
        ),
        "MRD_CHANGE_002",
        "tracing_config.mode",
    ),
}
GOOD = {
    "a new table": change("aws_dynamodb_table", ["create"], None, {"deletion_protection_enabled": False}),
    "a permission replaced": change("aws_lambda_permission", ["delete", "create"], {}, {}),
    "nothing": change("aws_dynamodb_table", ["no-op"], {"name": "a"}, {"name": "a"}),
    "protection on": update(
        "aws_dynamodb_table", {"deletion_protection_enabled": False}, {"deletion_protection_enabled": True}
    ),
    "logs kept longer": update("aws_cloudwatch_log_group", {"retention_in_days": 30}, {"retention_in_days": 365}),
    "logs kept for ever": update("aws_cloudwatch_log_group", {"retention_in_days": 30}, {"retention_in_days": 0}),
    "a second factor made mandatory": update(
        "aws_cognito_user_pool", {"mfa_configuration": "OPTIONAL"}, {"mfa_configuration": "ON"}
    ),
    "another key": update("aws_sns_topic", {"kms_master_key_id": "arn:a"}, {"kms_master_key_id": "arn:b"}),
    "a key not known yet": update(
        "aws_sns_topic", {"kms_master_key_id": "arn:a"}, {}, unknown={"kms_master_key_id": True}
    ),
    "a block not known yet": update(
        "aws_dynamodb_table",
        {"point_in_time_recovery": [{"enabled": True}]},
        {},
        unknown={"point_in_time_recovery": True},
    ),
    "a read": {**change("aws_iam_policy_document", ["delete"], {}), "mode": "data"},
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str) -> None:
    entry, check, says = BAD[name]
    (found,) = judge(entry)
    assert found.check == check
    assert says in found.what
    assert found.places == (Place("prod", "eu-west-1", "data", entry["address"]),)


@pytest.mark.parametrize("name", GOOD)
def test_fine(name: str) -> None:
    assert judge(GOOD[name]) == []


def test_a_mock_is_a_finding_only_where_it_is_about_to_be_applied() -> None:
    entry = change("aws_lambda_function", ["create"], None, {"environment": [{"A": "meridianmock"}]})
    assert judge(entry) == []
    (found,) = judge(entry, final=True)
    assert found.check == "MRD_CHANGE_003"
