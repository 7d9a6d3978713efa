"""Whether a policy grants more: a dropped or narrowed statement does not, every other change does."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.gate.finding import Place
from meridian.gate.rules import changes, grants
from meridian.plans.plan_json import Plan

BASE: dict[str, Any] = {
    "Sid": "Write",
    "Effect": "Allow",
    "Action": ["dynamodb:PutItem", "dynamodb:Get*"],
    "Resource": "arn:aws:dynamodb:eu-west-1:123456789012:table/greet*",
    "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}},
}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def wider(before: list[Any], after: list[Any]) -> list[str]:
    """Compare two lists of statements."""
    return grants.find_wider(*(grants.read_policy(json.dumps({"Statement": one})) for one in (before, after)))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Sid": "Other"},
        {"Action": "DynamoDB:putitem"},
        {"Action": ["dynamodb:GetItem"]},
        {"Resource": "arn:aws:dynamodb:eu-west-1:123456789012:table/greetings"},
        {"Condition": {**BASE["Condition"], "Bool": {"aws:MultiFactorAuthPresent": True}}},
        {"Condition": {"StringEquals": {"AWS:sourceaccount": "123456789012"}}},
    ],
)
def test_narrower_or_the_same_is_not_more(change: dict[str, Any]) -> None:
    assert wider([BASE], [{**BASE, **change}]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"Action": ["dynamodb:PutItem", "dynamodb:DeleteItem"]},
        {"Action": "dynamodb:G*"},
        {"Resource": "*"},
        {"Condition": {}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012", "210987654321"]}}},
        {"Condition": {"StringLike": {"aws:SourceAccount": ["123456789012"]}}},
        {"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ["123456789012"]}}},
        {"Principal": "*"},
        {"Action": None, "NotAction": "iam:*"},
    ],
)
def test_anything_else_is_more(change: dict[str, Any]) -> None:
    after = {key: value for key, value in {**BASE, **change}.items() if value is not None}
    (sentence,) = wider([BASE], [after])
    assert sentence.endswith("allows more than any statement before it")


def test_a_question_mark_is_not_many_characters() -> None:
    before, after = {**BASE, "Action": "dynamodb:Get?tem"}, {**BASE, "Action": "dynamodb:Get*tem"}
    assert wider([before], [after])
    assert not wider([after], [before])


def test_a_dropped_or_narrowed_deny_is_more() -> None:
    assert wider([BASE, DENY], [BASE]) == ["a statement (s3:* on *) is no longer denied"]
    assert wider([BASE, DENY], [BASE, {**DENY, "Condition": {}}]) == []
    assert wider([BASE, DENY], [BASE, {**DENY, "Action": "s3:Put*"}]) != []


def test_two_statements_do_not_add_up() -> None:
    """Statements are compared one by one: the rights of two are not added up."""
    halves = [{**BASE, "Action": "dynamodb:PutItem"}, {**BASE, "Action": "dynamodb:Get*"}]
    assert wider([BASE], halves) == []
    assert wider(halves, [BASE]) != []


NAMES = st.lists(st.sampled_from(["s3:Get*", "s3:GetObject", "s3:Put?bject", "sns:Publish", "kms:*"]), min_size=1)
ARNS = st.lists(st.sampled_from(["*", "arn:a:*", "arn:a:b", "arn:c"]), min_size=1)
KEYS = st.dictionaries(st.sampled_from(["aws:a", "aws:b"]), st.lists(st.sampled_from("xyz"), min_size=1), max_size=2)
STATEMENTS = st.builds(
    lambda effect, actions, arns, keys: {
        "Effect": effect,
        "Action": actions,
        "Resource": arns,
        "Condition": {"StringEquals": keys},
    },
    st.sampled_from(["Allow", "Deny"]),
    NAMES,
    ARNS,
    KEYS,
)


@given(st.lists(STATEMENTS, max_size=4))
def test_a_policy_is_not_more_than_itself(policy: list[Any]) -> None:
    assert wider(policy, policy) == []


@given(st.lists(STATEMENTS, max_size=3))
def test_a_right_that_no_statement_has_is_always_more(policy: list[Any]) -> None:
    new = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:c"}
    assert len(wider(policy, [*policy, new])) == 1


def grant_findings(
    kind: str,
    before: Any,
    after: Any,
    attribute: str = "policy",
    swaps: Sequence[tuple[str, str]] = (),
    **more: Any,
) -> list[tuple[str, str]]:
    """Return check and sentence for a change of one resource's policy, in a unit that has another one."""
    actions = ["update"] if before else ["create"]
    body = {"actions": actions, "before": before and {attribute: before}, "after": {attribute: after}, **more}
    entry = {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": body}
    other = {"address": "aws_a.b", "mode": "managed", "type": "aws_a", "name": "b"}
    plan = {"resource_changes": [entry, {**other, "change": {"actions": ["no-op"], "before": {}, "after": {}}}]}
    place = Place("dev", "eu-west-1", "compute")
    found = changes.find_in_changes(Plan(plan), place=place, lines={}, final=False, swaps=swaps)
    return [(one.check, one.what) for one in found]


def text(*of: Any) -> str:
    """Return a policy as a plan has it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(of)})


def test_a_policy_may_follow_an_output_to_its_new_value() -> None:
    """The same right on the resource that replaces the old one; another right is still more."""
    old, new = {**BASE, "Resource": "arn:old/*"}, {**BASE, "Resource": "arn:new/*"}
    swaps = [("arn:old", "arn:new")]
    assert grant_findings("aws_iam_role_policy", text(old), text(new), swaps=swaps) == []
    assert grant_findings("aws_iam_role_policy", text(old), text(new)) != []
    assert grant_findings("aws_iam_role_policy", text(old), text({**new, "Action": "dynamodb:*"}), swaps=swaps) != []


def test_a_plan_that_grants_more_is_refused() -> None:
    more = {**BASE, "Resource": "*"}
    assert grant_findings("aws_iam_role_policy", text(BASE), text(BASE)) == []
    ((check, what),) = grant_findings("aws_iam_role_policy", text(BASE), text(more))
    assert check == "MRD_CHANGE_005"
    assert what.startswith("aws_iam_role_policy.x: Write (dynamodb:Get*, dynamodb:PutItem on *) allows more")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    open_trust = {**trust, "Principal": {"AWS": "*"}}
    ((check, _),) = grant_findings("aws_iam_role", text(trust), text(open_trust), "assume_role_policy")
    assert check == "MRD_CHANGE_005"


def test_a_new_policy_in_a_unit_that_exists_is_more() -> None:
    """It may give rights on older resources; a topic's own policy comes with its topic."""
    ((check, _),) = grant_findings("aws_iam_role_policy", None, text(BASE))
    assert check == "MRD_CHANGE_005"
    assert grant_findings("aws_sns_topic_policy", None, text(BASE)) == []


def test_a_first_apply_that_broke_off_goes_on_with_what_is_accepted() -> None:
    """The unit is not new any more, so a policy passes because an owner accepted it, and no other does."""
    group = {"actions": ["no-op"], "before": {}, "after": {}}
    policy = {"actions": ["create"], "before": None, "after": {"policy": text(BASE), "role": "r"}}
    named = {"aws_cloudwatch_log_group": group, "aws_iam_role_policy": policy}
    rows = [
        {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": change}
        for kind, change in named.items()
    ]
    for kept in (True, False):
        found = changes.find_in_changes(
            Plan({"resource_changes": rows}),
            place=Place("dev", "eu-west-1", "compute"),
            lines={},
            final=True,
            accepted=lambda *_, kept=kept: kept,
        )
        assert [one.check for one in found] == ([] if kept else ["MRD_CHANGE_005"])


def test_refuses_a_policy_that_cannot_be_read() -> None:
    ((check, _),) = grant_findings("aws_iam_role_policy", text(BASE), '{"Statement": ["x"]}')
    assert check == "MRD_CHANGE_006"


def test_refuses_a_policy_that_is_not_known_yet() -> None:
    ((check, what),) = grant_findings("aws_iam_role_policy", text(BASE), None, after_unknown={"policy": True})
    assert (check, what) == ("MRD_CHANGE_006", "aws_iam_role_policy.x: policy is known only after the apply.")
