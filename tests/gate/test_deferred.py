"""The policy of a renamed topic follows it without a waiver; whatever the plan leaves open beside that is refused."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meridian.gate.code import read_module
from meridian.gate.finding import Place
from meridian.gate.rules.changes import find_in_changes
from meridian.plans.plan_json import Plan
from tests.conftest import ROOT

FIRST = json.loads((ROOT / "tests/gate/corpus/plans/first/data.json").read_text())
"""A real plan in which the topic, and so its policy, is not known yet."""
TOPIC, POLICY = "aws_sns_topic.verification", "aws_sns_topic_policy.verification"
DOCUMENT = "data.aws_iam_policy_document.topic"
OLD = "arn:aws:sns:us-east-1:100000000001:old"
ONLY_OWN = "resources = [aws_sns_topic.verification.arn]"


def entry(document: dict[str, Any], address: str) -> dict[str, Any]:
    """Return the change of a resource."""
    found: dict[str, Any] = next(one["change"] for one in document["resource_changes"] if one["address"] == address)
    return found


def renamed() -> dict[str, Any]:
    """Return the plan that replaces the topic, with the policy that it had."""
    document = copy.deepcopy(FIRST)
    replaced = {"actions": ["delete", "create"], "before": {"arn": OLD}}
    entry(document, TOPIC).update(replaced)
    account = {"AWS": "arn:aws:iam::100000000001:root"}
    rows = entry(document, DOCUMENT)["after"]["statement"]
    actions = rows[0]["actions"]
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    old = [
        {"Effect": "Allow", "Action": actions, "Resource": OLD, "Principal": account},
        {"Effect": "Deny", "Action": actions, "Resource": OLD, "Principal": {"AWS": "*"}, "Condition": insecure},
    ]
    entry(document, POLICY).update(replaced, before={"arn": OLD, "policy": json.dumps({"Statement": old})})
    return document


def found_checks(folder: Path, document: dict[str, Any], before: str = "", after: str = "") -> list[str]:
    """Return the checks that refuse a plan; in the code of the topic, one text is replaced by another."""
    for file in (ROOT / "modules/data").glob("*.tf"):
        (folder / file.name).write_text(file.read_text())
    code = (folder / "topic.tf").read_text()
    assert before in code
    (folder / "topic.tf").write_text(code.replace(before, after) if before else code)
    place = Place("dev", "us-east-1", "data")
    lines = read_module(folder).blocks
    plan = Plan(document)
    return [
        one.check for one in find_in_changes(plan, place=place, module="data", lines=lines, final=True, folder=folder)
    ]


def test_the_policy_of_a_renamed_topic_follows_it(tmp_path: Path) -> None:
    assert found_checks(tmp_path, renamed()) == []


CODE = {
    "an ARN that is worked on": (ONLY_OWN, 'resources = [replace(aws_sns_topic.verification.arn, "/.*/", "*")]'),
    "an ARN in a text": (ONLY_OWN, 'resources = ["${aws_sns_topic.verification.arn}*"]'),
    "another resource": (ONLY_OWN, "resources = [aws_kms_key.data.arn]"),
    "two resources": (ONLY_OWN, 'resources = [aws_sns_topic.verification.arn, "*"]'),
    "a loop": (ONLY_OWN, "resources = [for one in {\n    resources = [aws_sns_topic.verification.arn]\n  } : one[0]]"),
    "a dynamic statement": (
        'statement {\n    sid       = "OnlyOverTls"',
        'dynamic "statement" {\n    sid = "OnlyOverTls"',
    ),
    "a text that is worked on": (f"{DOCUMENT}.json", f'replace({DOCUMENT}.json, "root", "*")'),
}


@pytest.mark.parametrize(("before", "after"), CODE.values(), ids=CODE.keys())
def test_code_that_can_make_more_of_it_is_refused(tmp_path: Path, before: str, after: str) -> None:
    assert found_checks(tmp_path, renamed(), before, after) == ["MRD_CHANGE_006"]


def _more_actions(document: dict[str, Any]) -> None:
    entry(document, DOCUMENT)["after"]["statement"][0]["actions"].append("sns:ConfirmSubscription")


def _anyone(document: dict[str, Any]) -> None:
    entry(document, DOCUMENT)["after"]["statement"][0]["principals"][0]["identifiers"] = ["*"]


def _no_denial(document: dict[str, Any]) -> None:
    entry(document, DOCUMENT)["after"]["statement"][1]["effect"] = "Allow"


def _open_principal(document: dict[str, Any]) -> None:
    entry(document, DOCUMENT)["after_unknown"]["statement"][0]["principals"] = [{"identifiers": [True]}]


def _merged(document: dict[str, Any]) -> None:
    entry(document, DOCUMENT)["after_unknown"]["source_policy_documents"] = [True]


def _not_action(document: dict[str, Any]) -> None:
    entry(document, DOCUMENT)["after"]["statement"][0]["not_actions"] = ["sns:Publish"]


def _new_topic(document: dict[str, Any]) -> None:
    entry(document, TOPIC).update(actions=["create"], before=None)


PLANS = [
    pytest.param(_more_actions, {"MRD_CHANGE_005"}, id="another action"),
    pytest.param(_anyone, {"MRD_CHANGE_005"}, id="every principal"),
    pytest.param(_no_denial, {"MRD_CHANGE_005"}, id="no denial"),
    pytest.param(_open_principal, {"MRD_CHANGE_006"}, id="a principal that is not known"),
    pytest.param(_merged, {"MRD_CHANGE_006"}, id="another document in it"),
    pytest.param(_not_action, {"MRD_CHANGE_006"}, id="all but an action"),
    pytest.param(_new_topic, {"MRD_CHANGE_006"}, id="a topic that is new"),
]


@pytest.mark.parametrize(("change", "checks"), PLANS)
def test_a_plan_that_grants_more_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], checks: set[str]
) -> None:
    document = renamed()
    change(document)
    assert set(found_checks(tmp_path, document)) == checks
