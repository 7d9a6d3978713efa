"""Rules over what a change of a policy grants: no more than before, or somebody says why."""

from collections.abc import Iterator, Mapping
from typing import Any

from meridian.scan import statements
from meridian.scan.finding import Severity
from meridian.scan.rule import Rule

WIDENED = Rule(
    "MRD_CHANGE_005",
    "No policy grants more than before",
    Severity.HIGH,
    "More rights than before are what an attacker's change, and a hurried one, have in common.",
    "Narrow the statement; if the right is needed, accept it in waivers.yaml with the reason.",
)
UNCOMPARED = Rule(
    "MRD_CHANGE_006",
    "Every change of a policy can be compared",
    Severity.MEDIUM,
    "Its text is known only after the apply: nobody can say now whether it grants more.",
    "Apply what it names first, so that the plan knows it; or accept it in waivers.yaml with the reason.",
)
RULES = (WIDENED, UNCOMPARED)
# Type and the attribute that holds its policy.
POLICIES = {
    "aws_dynamodb_resource_policy": "policy",
    "aws_iam_group_policy": "policy",
    "aws_iam_policy": "policy",
    "aws_iam_role": "assume_role_policy",
    "aws_iam_role_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_kms_key": "policy",
    "aws_kms_key_policy": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_sqs_queue_policy": "policy",
}
# Those that give rights to, or on, something that may have been there before.
GRANTS = frozenset(
    {
        *("aws_dynamodb_resource_policy", "aws_iam_group_policy", "aws_iam_policy", "aws_iam_role_policy"),
        *("aws_iam_user_policy", "aws_kms_key_policy"),
    }
)


def judge(change: Mapping[str, Any], new: bool) -> Iterator[tuple[Rule, str]]:
    """Yield what the change of one resource of a plan grants beyond what it granted before.

    A resource that is new counts unless the whole unit is `new`.
    """
    name, attribute = f"{change['type']}.{change['name']}", POLICIES.get(change["type"])
    actions, body = change["change"]["actions"], change["change"]
    if attribute is None or actions == ["no-op"] or actions == ["read"] or ("create" in actions and new):
        return
    before, after = body.get("before") or {}, body.get("after")
    if not isinstance(after, Mapping) or not (before or change["type"] in GRANTS):
        return
    if (body.get("after_unknown") or {}).get(attribute):
        yield UNCOMPARED, f"{name}: {attribute} is known only after the apply."
        return
    try:
        old = statements.read(before[attribute]) if before.get(attribute) else []
        more = statements.wider(old, statements.read(after.get(attribute) or {}))
    except (ValueError, TypeError, AttributeError) as error:
        yield UNCOMPARED, f"{name}: {attribute} cannot be read as a policy: {error}."
        return
    for sentence in more:
        yield WIDENED, f"{name}: {sentence}."
