"""Plan JSON to a summary, and the sentinel found at any depth."""

from collections.abc import Callable
from typing import Any

import pytest

from meridian.plans.plan_json import Plan, holds_sentinel
from meridian.plans.summary import UnitPlan, summarise

PlanJson = Callable[..., dict[str, Any]]


def summary(document: dict[str, Any]) -> UnitPlan:
    """Return the summary of a plan."""
    return summarise("us-east-1/data", Plan(document))


def test_each_action_is_counted_once_and_no_ops_are_left_out(plan_json: PlanJson) -> None:
    plan = plan_json(
        (["create"], "a.new"),
        (["delete"], "a.gone"),
        (["delete", "create"], "a.replaced"),
        (["create", "delete"], "a.replaced_first"),
        (["create", "forget"], "a.left_behind"),
        (["no-op"], "a.same"),
        (["read"], "data.a.read"),
    )
    found = summary(plan)
    assert {action: found.count(action) for action, _ in found.changes} == {
        "create": 1,
        "delete": 1,
        "replace": 2,
        "create and forget": 1,
    }
    assert not found.empty


def test_a_move_and_an_import_are_changes_beside_the_action(plan_json: PlanJson) -> None:
    plan = plan_json((["no-op"], "a.new"), (["update"], "a.more"), (["no-op"], "a.found"))
    moved, updated, imported = plan["resource_changes"]
    moved["previous_address"] = "a.old"
    updated["previous_address"] = "a.less"
    imported["change"]["importing"] = {}
    assert summary(plan).changes == (
        ("move", "a.old -> a.new"),
        ("move", "a.less -> a.more"),
        ("update", "a.more"),
        ("import", "a.found"),
    )


def test_terraform_says_whether_a_plan_is_empty_and_an_output_changes(plan_json: PlanJson) -> None:
    plan = plan_json((["no-op"], "a.b"))
    assert not summary(plan).empty
    assert not summary(plan).outputs_change
    assert summary({**plan, "applyable": False}).empty
    assert summary({**plan, "output_changes": {"arn": {"actions": ["update"]}}}).outputs_change


@pytest.mark.parametrize(
    "value",
    [
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_meridianmock",
        {"jwt": {"audience": ["meridianmock"]}},
        [[["x", {"meridianmock": 1}]]],
    ],
    ids=["inside a string", "nested in a map", "as a key in lists"],
)
def test_the_sentinel_makes_a_plan_provisional(plan_json: PlanJson, value: object) -> None:
    assert holds_sentinel(value)
    assert summary(plan_json(variables={"x": value})).provisional


def test_a_plan_without_the_sentinel_is_not_provisional(plan_json: PlanJson) -> None:
    assert not summary(plan_json((["create"], "a.b"), variables={"issuer": "https://real"})).provisional
