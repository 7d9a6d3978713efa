"""A policy that an owner accepted passes in every plan; one that the inventory can widen is compared as before."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from meridian.gate.accepted.fixed import Accepted, read_accepted
from meridian.gate.accepted.picture import FILE, format_content, read_picture
from meridian.gate.finding import Place
from meridian.gate.rules.changes import find_in_changes
from meridian.plans.plan_json import Plan
from tests.conftest import ROOT

ROLE = 'resource "aws_iam_role" "r" {\n  name = var.name\n}\n'
POLICY = 'resource "aws_iam_role_policy" "p" {\n  role   = %s\n  policy = %s\n}\n'
QUEUE = 'resource "aws_sqs_queue" "q" {\n  name = var.name\n  tags = { a = var.more }\n}\n'
DOCUMENT = """
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = %s
  }
}
"""
UNIT = {"name": {"environment": "prefix"}, "more": {"setting": "more"}, "table": {"arn": {"output": "data.table_arn"}}}


def accept(folder: Path) -> None:
    """Write the accepted.json of a module's folder."""
    (folder / FILE).write_text(format_content(read_picture(folder).content), encoding="utf-8")


def module(folder: Path, code: str) -> Path:
    """Write a module with these blocks, accepted as it is."""
    folder.mkdir(exist_ok=True)
    (folder / "main.tf").write_text(code, encoding="utf-8")
    (folder / "unit.yaml").write_text(json.dumps({"placement": "every_region", "inputs": UNIT}), encoding="utf-8")
    accept(folder)
    return folder


def fixes(tmp_path: Path, resources: str, role: str = "aws_iam_role.r.id", more: str = "") -> bool:
    """Whether the policy of a role is fixed whose statement names these resources."""
    policy = POLICY % (role, "data.aws_iam_policy_document.d.json")
    own = module(tmp_path / "own", ROLE + QUEUE + policy + DOCUMENT % resources + more)
    found = read_accepted({"own": own, "data": ROOT / "modules/data"})
    return found.fixes("own", "aws_iam_role_policy.p", "policy")


@pytest.mark.parametrize(
    "resources",
    [
        '["*"]',
        "[aws_sqs_queue.q.arn]",
        "aws_sqs_queue.q[*].arn",
        "[aws_sqs_queue.q[0].arn]",
        '["${aws_sqs_queue.q.arn}:*"]',
        "[var.table.arn]",
        '["arn:aws:sqs:*:*:${var.name}"]',
        "local.queues",
        "[for q in [aws_sqs_queue.q.arn] : q]",
        'jsondecode("")["a"] == "" ? [] : []'.replace("jsondecode", "jsonencode"),
        "[data.aws_caller_identity.me.account_id]",
        "[aws_sqs_queue.q.name]",
        "merge({ a = aws_sqs_queue.q.arn }).a",
    ],
)
def test_accepted_code_fixes_its_own_addresses(tmp_path: Path, resources: str) -> None:
    more = 'locals {\n  queues = [aws_sqs_queue.q.arn]\n}\ndata "aws_caller_identity" "me" {}\n'
    assert fixes(tmp_path, resources, more=more)


def test_the_policies_of_our_functions_are_fixed() -> None:
    """So an interrupted first apply goes on: a unit that is not new gets its role's policy without a waiver."""
    folders = {one.parent.name: one.parent for one in (ROOT / "modules").glob("*/unit.yaml")}
    accepted = read_accepted(folders)
    found = {
        (module, address): accepted.fixes(module, address, "policy")
        for module, picture in accepted.pictures.items()
        for address in picture["code"]
        if address.startswith("aws_iam_role_policy.") and "applied_by" not in picture["unit"]
    }
    # A fork has more.
    assert found.items() >= {("compute", "aws_iam_role_policy.function"): True}.items()


@pytest.mark.parametrize(
    "resources",
    [
        "[var.more]",
        "[var.table]",
        '["${var.more}"]',
        '["${join("", [var.more])}"]',
        "local.more",
        "local.circle",
        "[aws_sqs_queue.q.tags.a]",
        "[aws_sqs_queue.other.arn]",
        'split(",", file("list"))',
        "[data.aws_ssm_parameter.p.value]",
        "[terraform.workspace]",
        "[each.value]",
        "[for x in var.more : x]",
        "{ a = var.more }.a",
        "<<A\n${var.more}\nA",
    ],
)
def test_what_the_inventory_or_the_machine_decides_is_not_fixed(tmp_path: Path, resources: str) -> None:
    more = 'locals {\n  more = var.more\n  circle = local.circle\n}\ndata "aws_ssm_parameter" "p" {\n  name = "p"\n}\n'
    assert not fixes(tmp_path, resources, more=more)


def test_whose_policy_it_is_has_to_be_fixed_too(tmp_path: Path) -> None:
    assert not fixes(tmp_path, '["*"]', role="var.more")


def test_an_output_of_a_module_without_a_picture_is_not_fixed(tmp_path: Path) -> None:
    own = module(tmp_path / "own", ROLE + POLICY % ("aws_iam_role.r.id", "var.table.arn"))
    assert not read_accepted({"own": own}).fixes("own", "aws_iam_role_policy.p", "policy")


CHANGE: dict[str, Any] = {
    "address": "aws_sns_topic_policy.verification",
    "mode": "managed",
    "type": "aws_sns_topic_policy",
    "name": "verification",
    "change": {
        "actions": ["update"],
        "before": {"policy": '{"Statement": []}'},
        "after": {"policy": '{"Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}'},
        "after_unknown": {},
    },
}
UNKNOWN = {**CHANGE, "change": {**CHANGE["change"], "after": {}, "after_unknown": {"policy": True}}}


def checks(accepted: Accepted, change: dict[str, Any]) -> list[str]:
    """Return the checks that refuse a change of data's topic policy."""
    place = Place("dev", "us-east-1", "data")
    plan = Plan({"resource_changes": [change, {**change, "change": {"actions": ["no-op"], "before": {}}}]})
    fixed = partial(accepted.fixes, "data")
    return [one.check for one in find_in_changes(plan, place=place, lines={}, final=True, accepted=fixed)]


@pytest.mark.parametrize(("change", "check"), [(CHANGE, "MRD_CHANGE_005"), (UNKNOWN, "MRD_CHANGE_006")])
def test_an_accepted_policy_needs_no_waiver(tmp_path: Path, change: dict[str, Any], check: str) -> None:
    data = shutil.copytree(ROOT / "modules/data", tmp_path / "data")
    assert checks(read_accepted({"data": data}), change) == []
    topic = data / "topic.tf"
    text = topic.read_text(encoding="utf-8")
    topic.write_text(text.replace('"sns:Publish"', '"sns:*"'), encoding="utf-8")
    assert checks(read_accepted({"data": data}), change) == [check], "The code is not as accepted."
    topic.write_text(text.replace("[local.account_arn]", "keys(var.subscribers)"), encoding="utf-8")
    accept(data)
    assert checks(read_accepted({"data": data}), change) == [check], "The inventory decides."
    topic.write_text(text, encoding="utf-8")
    (data / FILE).unlink()
    assert checks(read_accepted({"data": data}), change) == [check], "A version from before there were pictures."
