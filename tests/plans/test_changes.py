"""What a plan changes, attribute by attribute."""

import json
from typing import Any

import pytest

from meridian.modules.contract import SENTINEL
from meridian.plans.changes import Attribute, Change, read_changes
from meridian.plans.plan_json import Plan


def change(actions: list[str], **body: Any) -> Change:
    """Return the only change of a plan that does one thing to one function."""
    entry = {"address": "aws_lambda_function.greet", "mode": "managed", "change": {"actions": actions, **body}}
    (found,) = read_changes("us-east-1/compute", Plan({"resource_changes": [entry]})).changes
    return found


def rows(one: Change) -> list[tuple[str, str, str]]:
    """Return path, old and new text of each attribute."""
    return [(attribute.path, attribute.old, attribute.new) for attribute in one.attributes]


def policy(**statements: Any) -> str:
    """Return a policy document as Terraform holds it, from statements by Sid."""
    return json.dumps({"Statement": [{"Sid": sid, **body} for sid, body in statements.items()]})


def test_only_what_differs_is_listed() -> None:
    """An update names the attributes that change, with a path into blocks and maps."""
    before = {"timeout": 5, "memory": 128, "environment": [{"variables": {"TABLE": "a", "TOPIC": "b"}}]}
    after = {"timeout": 10, "memory": 128, "environment": [{"variables": {"TABLE": "a", "TOPIC": "c"}}]}
    assert rows(change(["update"], before=before, after=after)) == [
        ("environment.variables.TOPIC", "b", "c"),
        ("timeout", "5", "10"),
    ]


def test_a_policy_is_compared_by_statement() -> None:
    """The order of statements and of actions in them changes nothing; a statement is named by its Sid."""
    before = {"policy": policy(Read={"Action": ["a", "b"]}, Write={"Action": "c"})}
    after = {"policy": policy(Write={"Action": "d"}, Read={"Action": ["b", "a"]})}
    assert rows(change(["update"], before=before, after=after)) == [("policy.Statement.Write.Action", "c", "d")]


def test_blocks_meet_whatever_their_order() -> None:
    """A set of blocks in another order is equal, and a removed block has no new value."""
    before = {"rule": [{"port": 1}, {"port": 2}, {"port": 3}]}
    after = {"rule": [{"port": 3}, {"port": 1}]}
    assert rows(change(["update"], before=before, after=after)) == [("rule.[1].port", "2", "")]


def test_unknown_values_and_mocks_are_known_after_the_apply() -> None:
    """A computed value and a mock, also inside a policy, have no new value yet."""
    body = policy(Read={"Resource": f"{SENTINEL}-arn", "Action": "a"})
    found = change(
        ["create"], before=None, after={"policy": body, "ids": [SENTINEL]}, after_unknown={"arn": True, "sg": [True]}
    )
    assert [one.path for one in found.attributes if one.unknown] == ["arn", "ids", "policy.Statement.Resource", "sg"]
    assert {one.new for one in found.attributes if one.unknown} == {"(known after apply)"}


def test_sensitive_values_never_show() -> None:
    """Neither text nor repr of an attribute has a sensitive value."""
    found = change(
        ["update"],
        before={"key": "hunter1"},
        after={"key": "hunter2"},
        after_sensitive={"key": True},
        before_sensitive={},
    )
    assert rows(found) == [("key", "(sensitive)", "(sensitive)")]
    assert "hunter" not in repr(found)


def test_the_attribute_that_forces_a_replacement_is_marked() -> None:
    """`replace_paths` names it, also inside a block."""
    found = change(
        ["delete", "create"],
        before={"name": "a", "vpc": [{"id": "x"}]},
        after={"name": "b", "vpc": [{"id": "y"}]},
        replace_paths=[["vpc", 0, "id"]],
    )
    assert found.action == "replace"
    assert [(one.path, one.forces_replacement) for one in found.attributes] == [("name", False), ("vpc.id", True)]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"previous_address": "aws_x.old", "change": {"actions": ["no-op"]}}, ("move", "aws_x.old", "")),
        ({"change": {"actions": ["no-op"], "importing": {"id": "i-1"}}}, ("import", "", "i-1")),
        ({"previous_address": "aws_x.old", "change": {"actions": ["delete"]}}, ("delete", "aws_x.old", "")),
        ({"change": {"actions": ["forget"]}}, ("forget", "", "")),
    ],
)
def test_moves_imports_and_losses(entry: dict[str, Any], expected: tuple[str, str, str]) -> None:
    """Each is a change, with where the resource comes from."""
    plan = Plan({"resource_changes": [{"address": "aws_x.new", **entry}, _unchanged()]})
    (found,) = read_changes("us-east-1/data", plan).changes
    assert (found.action, found.previous, found.import_id) == expected


def test_outputs_that_change_are_listed() -> None:
    """An output has its old value, and its new one if it is known."""
    outputs = {
        "arn": {"actions": ["update"], "before": "a", "after_unknown": True},
        "name": {"actions": ["no-op"], "before": "n", "after": "n"},
        "url": {"actions": ["update"], "before": "u", "after": "v", "after_unknown": False},
    }
    found = read_changes("us-east-1/data", Plan({"resource_changes": [], "output_changes": outputs})).outputs
    assert found == (Attribute("arn", "a", None, unknown=True), Attribute("url", "u", "v"))


def _unchanged() -> dict[str, Any]:
    return {"address": "aws_x.other", "mode": "managed", "change": {"actions": ["no-op"]}}
