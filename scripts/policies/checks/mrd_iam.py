"""Policies of IAM: each statement is judged as a whole, in data documents and in JSON."""

import json
from collections.abc import Iterator
from typing import Any

from _catalogue import CATALOGUE
from _judged import Judged, blocks, flat, many, one, reference
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.base_check import BaseDataCheck

# AWS, "Service Authorization Reference", read 2026-11: no resource types, so the resource has to be *.
NO_RESOURCE = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
}
BOUND_BY = {"aws:sourceaccount", "aws:principalaccount", "aws:sourceowner", "aws:sourcearn", "aws:principalorgid"}
Statement = dict[str, Any]


def wrong(statement: Statement, of_key: bool) -> str:
    """Return what is wrong with a statement of `effect, actions, resources, principals, negated, conditions`.

    In a key's own policy `*` is that key, and the account's root may do everything with it.
    """
    if str(statement["effect"]).lower() == "deny":
        return ""
    if statement["negated"]:
        return f"uses {', '.join(statement['negated'])}: it allows all that is not named"
    public = "*" in statement["principals"]
    if public and not BOUND_BY & {str(name).lower() for name in statement["conditions"]}:
        return "allows every principal, bound to no account"
    if of_key:
        return ""
    if wide := [name for name in statement["actions"] if "*" in str(name)]:
        return f"allows the actions {', '.join(wide)}"
    if "*" in statement["resources"] and not {*map(str, statement["actions"])} <= NO_RESOURCE:
        return f"allows {', '.join(map(str, statement['actions']))} on every resource"
    return ""


def of_document(conf: dict[str, Any]) -> Iterator[Statement]:
    """Yield the statements of a data document."""
    for block in blocks(conf, "statement"):
        negated = ("not_actions", "not_resources", "not_principals")
        yield {
            "effect": one(block, "effect") or "Allow",
            "actions": many(block, "actions"),
            "resources": many(block, "resources"),
            "principals": [name for who in blocks(block, "principals") for name in many(who, "identifiers")],
            "negated": [name for name in negated if many(block, name) or blocks(block, name)],
            "conditions": [one(test, "variable") for test in blocks(block, "condition")],
        }


def of_json(value: Any) -> Iterator[Statement]:
    """Yield the statements of a policy in JSON; nothing for one that is not known yet."""
    if isinstance(value, str):
        if reference(value) or not value.strip().startswith("{"):
            return
        value = json.loads(value)
    if not isinstance(value, dict):
        return
    for entry in flat(value.get("Statement")):
        principal = entry.get("Principal", {})
        names = ["*"] if principal == "*" else [n for v in principal.values() for n in flat(v)]
        negated = ("NotAction", "NotResource", "NotPrincipal")
        yield {
            "effect": entry.get("Effect", "Allow"),
            "actions": flat(entry.get("Action")),
            "resources": flat(entry.get("Resource")),
            "principals": names,
            "negated": [name for name in negated if name in entry],
            "conditions": [key for test in (entry.get("Condition") or {}).values() for key in test],
        }


class DocumentIsNarrow(BaseDataCheck):
    def __init__(self) -> None:
        entry = CATALOGUE["CKV_MRD_011"]
        super().__init__(
            name=entry.title,
            id=entry.id,
            categories=[CheckCategories.IAM],
            supported_data=["aws_iam_policy_document"],
        )

    def scan_data_conf(self, conf: dict[str, Any]) -> CheckResult:
        self.details = []
        statements = list(of_document(conf))
        # Only a key's policy may say kms:* for its account.
        of_key = any("kms:*" in map(str, one_["actions"]) and one_["principals"] for one_ in statements)
        for statement in statements:
            if found := wrong(statement, of_key):
                self.details.append(f"A statement {found}.")
                return CheckResult.FAILED
        return CheckResult.PASSED


class PolicyIsNarrow(Judged):
    policy = "CKV_MRD_011"
    types = (
        "aws_iam_group_policy",
        "aws_iam_policy",
        "aws_iam_role_policy",
        "aws_iam_user_policy",
        "aws_kms_key",
        "aws_s3_bucket_policy",
        "aws_sns_topic_policy",
        "aws_sqs_queue_policy",
    )

    def judge(self, conf: dict[str, Any]) -> str:
        of_key = self.entity_type == "aws_kms_key"
        for statement in of_json(one(conf, "policy")):
            if found := wrong(statement, of_key):
                return f"A statement {found}."
        return ""


checks = [DocumentIsNarrow(), PolicyIsNarrow()]
