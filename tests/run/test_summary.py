"""Plan JSON to a summary, and the sentinel found wherever it hides."""

from collections.abc import Callable
from typing import Any

import pytest

from meridian.run.summary import holds_sentinel, summarise

PlanJson = Callable[..., dict[str, Any]]


def test_each_action_is_counted_once_and_no_ops_are_left_out(plan_json: PlanJson) -> None:
    plan = plan_json(
        (["create"], "a.new"),
        (["update"], "a.changed"),
        (["delete"], "a.gone"),
        (["delete", "create"], "a.replaced"),
        (["create", "delete"], "a.replaced_first"),
        (["no-op"], "a.same"),
        (["read"], "data.a.read"),
    )
    found = summarise("us-east-1/data", plan)
    assert {action: found.count(action) for action in ("create", "update", "delete", "replace")} == {
        "create": 1,
        "update": 1,
        "delete": 1,
        "replace": 2,
    }
    assert not found.empty


def test_a_plan_that_only_changes_an_output_is_not_empty(plan_json: PlanJson) -> None:
    plan = plan_json() | {"output_changes": {"arn": {"actions": ["update"]}}}
    assert not summarise("u", plan).empty
    assert summarise("u", plan_json() | {"output_changes": {"arn": {"actions": ["no-op"]}}}).empty


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
    assert summarise("u", plan_json(variables={"x": value})).provisional


def test_a_plan_without_the_sentinel_is_not_provisional(plan_json: PlanJson) -> None:
    assert not summarise("u", plan_json((["create"], "a.b"), variables={"issuer": "https://real"})).provisional
