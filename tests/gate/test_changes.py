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


def find(
    *entries: dict[str, Any], final: bool = False, retiring: bool = False, protected: bool = True
) -> list[Finding]:
    """Return the findings of a plan that has these changes."""
    plan = Plan({"resource_changes": list(entries)})
    return changes.find_in_changes(plan, place=PLACE, lines={}, final=final, retiring=retiring, protected=protected)


def update(kind: str, before: Any, after: Any, **more: Any) -> dict[str, Any]:
    """Return an update in place."""
    return change(kind, ["update"], before, after, **more)


FUNCTION = change("aws_lambda_function", ["no-op"], {}, {})
TABLE, REPLICA = "aws_dynamodb_table", "aws_dynamodb_table_replica"
LOST = {
    "a table destroyed": (change("aws_dynamodb_table", ["delete"], {}), "destroyed, and its items"),
    "a table replaced": (
        change("aws_dynamodb_table", ["delete", "create"], {}, {}, replace_paths=[["hash_key"]]),
        "replaced because of hash_key",
    ),
    "a key whose creation was interrupted": (
        change("aws_kms_key", ["delete", "create"], {}, {}) | {"action_reason": "replace_because_tainted"},
        "(`meridian recover` keeps it)",
    ),
    "a replica destroyed": (change(REPLICA, ["delete"], {}), "destroyed, and its region's copy of the items"),
    "a type that the gate does not know": (change("aws_rds_cluster", ["delete"], {}), "and what it may hold with it"),
    "a key replaced, new one first": (change("aws_kms_key", ["create", "delete"], {}, {}), "replaced"),
}
RECOVERY = {"point_in_time_recovery": [{"enabled": True}]}
WEAKENED: dict[str, tuple[str, Any, Any, str]] = {
    "protection off": (
        "aws_dynamodb_table",
        {"deletion_protection_enabled": True},
        {"deletion_protection_enabled": False},
        "deletion_protection_enabled would go from True to False",
    ),
    "a block's setting off": (
        "aws_dynamodb_table",
        RECOVERY,
        {"point_in_time_recovery": [{"enabled": False}]},
        "point_in_time_recovery.enabled would go",
    ),
    "a replica unprotected": (
        REPLICA,
        {"deletion_protection_enabled": True},
        {"deletion_protection_enabled": False},
        "deletion_protection_enabled would go from True to False",
    ),
    "a replica without recovery": (
        REPLICA,
        {"point_in_time_recovery": True},
        {"point_in_time_recovery": False},
        "point_in_time_recovery would go from True to False",
    ),
    "a block removed": ("aws_dynamodb_table", RECOVERY, {"point_in_time_recovery": []}, "from True to None"),
    "a pool unprotected": (
        "aws_cognito_user_pool",
        {"deletion_protection": "ACTIVE"},
        {"deletion_protection": "INACTIVE"},
        "'INACTIVE'",
    ),
    "a second factor made optional": (
        "aws_cognito_user_pool",
        {"mfa_configuration": "ON"},
        {"mfa_configuration": "OPTIONAL"},
        "from 'ON' to 'OPTIONAL'",
    ),
    "a second factor switched off": (
        "aws_cognito_user_pool",
        {"mfa_configuration": "OPTIONAL"},
        {"mfa_configuration": "OFF"},
        "from 'OPTIONAL' to 'OFF'",
    ),
    "a shorter window": (
        "aws_kms_key",
        {"deletion_window_in_days": 30},
        {"deletion_window_in_days": 7},
        "from 30 to 7",
    ),
    "logs no longer for ever": (
        "aws_cloudwatch_log_group",
        {"retention_in_days": 0},
        {"retention_in_days": 365},
        "from 0 to 365",
    ),
    "a topic in clear": (
        "aws_sns_topic",
        {"kms_master_key_id": "arn:aws:kms:x"},
        {"kms_master_key_id": ""},
        "kms_master_key_id would be unset",
    ),
}
GOOD = {
    "a replica that joins": change(REPLICA, ["create"], None, {"deletion_protection_enabled": True}),
    "a table that starts to stream": update(TABLE, {"stream_enabled": False}, {"stream_enabled": True}),
    "a new table": change("aws_dynamodb_table", ["create"], None, {"deletion_protection_enabled": False}),
    "a permission replaced": change("aws_lambda_permission", ["delete", "create"], {}, {}),
    "nothing": change("aws_dynamodb_table", ["no-op"], {"name": "a"}, {"name": "a"}),
    "protection on": update(
        "aws_dynamodb_table", {"deletion_protection_enabled": False}, {"deletion_protection_enabled": True}
    ),
    "logs kept for ever": update("aws_cloudwatch_log_group", {"retention_in_days": 30}, {"retention_in_days": 0}),
    "a second factor made mandatory": update(
        "aws_cognito_user_pool", {"mfa_configuration": "OPTIONAL"}, {"mfa_configuration": "ON"}
    ),
    "another key": update("aws_sns_topic", {"kms_master_key_id": "arn:a"}, {"kms_master_key_id": "arn:b"}),
    "a key not known yet": update(
        "aws_sns_topic", {"kms_master_key_id": "arn:a"}, {}, unknown={"kms_master_key_id": True}
    ),
    "a block not known yet": update("aws_dynamodb_table", RECOVERY, {}, unknown={"point_in_time_recovery": True}),
    "a read": {**change("aws_iam_policy_document", ["delete"], {}), "mode": "data"},
}


@pytest.mark.parametrize("name", LOST)
def test_refuses_to_lose_data(name: str) -> None:
    entry, says = LOST[name]
    (found,) = find(entry)
    assert (found.check, found.places) == ("MRD_CHANGE_001", (Place("prod", "eu-west-1", "data", entry["address"]),))
    assert says in found.what


LEAVES = {("delete",), ("forget",)}


def function(*actions: str, logs: str = "/aws/lambda/orders", name: str = "orders", mode: str = "managed") -> Any:
    """Return a change of a function that writes to a log group; "": to the one that Lambda makes for it."""
    body = {"function_name": name, "logging_config": [{"log_group": logs}] if logs else []}
    before, after = None if actions == ("create",) else body, None if actions in LEAVES else body
    return {**change("aws_lambda_function", list(actions), before, after), "mode": mode}


LOGS = change("aws_cloudwatch_log_group", ["delete"], {"name": "/aws/lambda/orders"})
REPLACED_LOGS = change(
    "aws_cloudwatch_log_group", ["delete", "create"], {"name": "/aws/lambda/orders"}, {}, replace_paths=[["name"]]
)
TABLE_GOES, _ = LOST["a table destroyed"]
STAYS: dict[str, tuple[dict[str, Any], ...]] = {
    "no function goes": (LOGS,),
    "the function stays": (LOGS, function("no-op")),
    "the function is replaced": (LOGS, function("delete", "create")),
    "the function is dropped from the state": (LOGS, function("forget")),
    "another function goes": (LOGS, function("delete", logs="/aws/lambda/other", name="other")),
    "it never wrote there": (LOGS, function("delete", logs="/aws/lambda/other")),
    "another function writes there, too": (LOGS, function("delete"), function("update", name="greet")),
    "a new function writes there": (LOGS, function("delete"), function("create")),
    "the function was only read": (LOGS, function("delete", mode="data")),
    "the group is replaced": (REPLACED_LOGS, function("delete")),
    "the group's name is not known": (change("aws_cloudwatch_log_group", ["delete"], {}), function("delete")),
    "a table goes with it": (TABLE_GOES, function("delete")),
}


@pytest.mark.parametrize("logs", ["/aws/lambda/orders", ""])
def test_the_logs_of_a_function_go_with_it_where_nothing_is_protected(logs: str) -> None:
    assert find(LOGS, function("delete", logs=logs), protected=False) == []
    (found,) = find(LOGS, function("delete", logs=logs))
    assert (found.check, "and its log events with it" in found.what) == ("MRD_CHANGE_001", True)


@pytest.mark.parametrize("name", STAYS)
def test_other_logs_are_not_lost_anywhere(name: str) -> None:
    checks = [one.check for one in find(*STAYS[name], protected=False)]
    assert checks.count("MRD_CHANGE_001") == 1
    assert set(checks) <= {"MRD_CHANGE_001", "MRD_CHANGE_004"}


def test_refuses_to_drop_a_resource_from_the_state() -> None:
    (found,) = find(change("aws_dynamodb_table", ["forget"], {}))
    assert (found.check, "dropped from the state" in found.what) == ("MRD_CHANGE_004", True)


def test_a_new_log_group_gets_its_retention_unless_something_has_logged() -> None:
    """A first apply may break off between the group and its retention; later, less retention loses events."""
    group = update("aws_cloudwatch_log_group", {"retention_in_days": 0}, {"retention_in_days": 30})
    assert find(group) == []
    assert [one.check for one in find(group, FUNCTION)] == ["MRD_CHANGE_002"]
    less = update("aws_cloudwatch_log_group", {"retention_in_days": 60}, {"retention_in_days": 30})
    assert [one.check for one in find(less)] == ["MRD_CHANGE_002"]


@pytest.mark.parametrize("name", WEAKENED)
def test_refuses_a_weaker_protection(name: str) -> None:
    kind, before, after, says = WEAKENED[name]
    (found,) = find(update(kind, before, after), FUNCTION)
    assert (found.check, says in found.what) == ("MRD_CHANGE_002", True)


@pytest.mark.parametrize("name", GOOD)
def test_accepts_an_ordinary_change(name: str) -> None:
    assert find(GOOD[name]) == []


LIFTED = {"protection off", "a replica unprotected", "a pool unprotected"}


@pytest.mark.parametrize("name", sorted(LIFTED))
def test_what_a_retiring_region_has_may_lose_its_deletion_protection(name: str) -> None:
    kind, before, after, _ = WEAKENED[name]
    assert find(update(kind, before, after), retiring=True) == []


@pytest.mark.parametrize("name", sorted(WEAKENED.keys() - LIFTED))
def test_a_retiring_region_loses_no_other_protection(name: str) -> None:
    kind, before, after, _ = WEAKENED[name]
    (found,) = find(update(kind, before, after), FUNCTION, retiring=True)
    assert found.check == "MRD_CHANGE_002"


def test_nothing_of_a_retiring_region_is_destroyed_by_an_apply() -> None:
    """`terragrunt destroy` does that, for the region alone."""
    entry, _ = LOST["a table destroyed"]
    assert [one.check for one in find(entry, retiring=True)] == ["MRD_CHANGE_001"]


def test_refuses_a_mock_only_before_an_apply() -> None:
    entry = change("aws_lambda_function", ["create"], None, {"environment": [{"A": "meridianmock"}]})
    assert find(entry) == []
    (found,) = find(entry, final=True)
    assert found.check == "MRD_CHANGE_003"


@pytest.mark.parametrize(("goes", "comes", "says"), [(TABLE, REPLICA, "a replica"), (REPLICA, TABLE, "a table of its")])
def test_a_table_and_a_replica_do_not_take_each_others_place(goes: str, comes: str, says: str) -> None:
    """One apply would delete one and make the other at once, and AWS refuses the second."""
    found = find(change(goes, ["delete"], {}), change(comes, ["create"], None, {}))
    assert [one.check for one in found] == ["MRD_CHANGE_001", "MRD_CHANGE_007"]
    assert f"{goes}.this would give way to {says}" in found[1].what
    assert "docs/replication.md" in found[1].fix


def test_one_that_is_gone_already_is_followed() -> None:
    """The steps of docs/replication.md end here: Terraform has seen that the table is gone."""
    assert find(change(REPLICA, ["create"], None, {"point_in_time_recovery": True})) == []
