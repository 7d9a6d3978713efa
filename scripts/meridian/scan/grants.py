"""Rules over changes of IAM and resource policies: a policy that grants more than before needs a waiver."""

from collections.abc import Iterator, Mapping
from typing import Any

from meridian.scan import statements
from meridian.scan.finding import Severity
from meridian.scan.rule import Rule

WIDENED = Rule(
    "MRD_CHANGE_005",
    "No policy grants more than before",
    Severity.HIGH,
    "A malicious change and a careless one both widen rights.",
    "Narrow the statement; if the right is needed, accept it in waivers.yaml with the reason.",
)
UNCOMPARED = Rule(
    "MRD_CHANGE_006",
    "Every change of a policy can be compared",
    Severity.MEDIUM,
    "The text is known only after the apply, so the gate cannot see whether it grants more.",
    "Apply the resources that it names first, so that the plan knows them; or accept it in waivers.yaml.",
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
# Types that grant rights to, or on, resources that may exist already.
GRANTS = frozenset(
    {
        *("aws_dynamodb_resource_policy", "aws_iam_group_policy", "aws_iam_policy", "aws_iam_role_policy"),
        *("aws_iam_user_policy", "aws_kms_key_policy"),
    }
)


def judge(change: Mapping[str, Any], new: bool) -> Iterator[tuple[Rule, str]]:
    """Yield a rule and a sentence for each right that a changed resource grants and did not grant before.

    `new`: the whole unit is new, so its new resources widen nothing.
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
