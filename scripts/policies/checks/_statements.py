"""The statements of IAM policies, read alike from data documents and from JSON, and what each policy is attached to."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from _judged import blocks, facts, flat, many, one, reference

# Type, the attribute that holds its policy, and what that policy is.
ATTACHED = {
    "aws_cloudwatch_log_resource_policy": ("policy_document", "shared"),
    "aws_dynamodb_resource_policy": ("policy", "shared"),
    "aws_ecr_repository_policy": ("policy", "shared"),
    "aws_iam_group_policy": ("policy", "identity"),
    "aws_iam_policy": ("policy", "identity"),
    "aws_iam_role": ("assume_role_policy", "trust"),
    "aws_iam_role_policy": ("policy", "identity"),
    "aws_iam_user_policy": ("policy", "identity"),
    "aws_kms_key": ("policy", "key"),
    "aws_kms_key_policy": ("policy", "key"),
    "aws_s3_bucket": ("policy", "shared"),
    "aws_s3_bucket_policy": ("policy", "shared"),
    "aws_secretsmanager_secret": ("policy", "shared"),
    "aws_secretsmanager_secret_policy": ("policy", "shared"),
    "aws_sns_topic": ("policy", "shared"),
    "aws_sns_topic_policy": ("policy", "shared"),
    "aws_sqs_queue": ("policy", "shared"),
    "aws_sqs_queue_policy": ("policy", "shared"),
}
BOUND = ("aws:sourceaccount", "aws:sourcearn", "kms:calleraccount")
ACCOUNT = re.compile(r"\b[0-9]{12}\b")


@dataclass(frozen=True)
class Condition:
    """One test of a statement; `key` is in lower case."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement; `principals` are pairs of kind (AWS, Service, Federated, *) and name."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[tuple[str, str], ...]
    negated: tuple[str, ...]
    excepted: tuple[str, ...]
    """The actions that NotAction names."""
    conditions: tuple[Condition, ...]

    @property
    def allows(self) -> bool:
        """Whether it grants something."""
        return self.effect.lower() != "deny"

    @property
    def anybody(self) -> bool:
        """Whether it is about every principal."""
        return any(name == "*" for _, name in self.principals)

    def values(self, key: str, *operators: str) -> tuple[str, ...]:
        """Return what the conditions with one of the operators ask of a key."""
        return tuple(
            v for test in self.conditions if test.operator in operators and test.key == key for v in test.values
        )


def of_document(conf: dict[str, Any]) -> list[Statement]:
    """Return the statements of a data document, those of texts that are merged into it too."""
    negated = ("not_actions", "not_resources", "not_principals")
    merged = [*many(conf, "source_policy_documents"), *many(conf, "override_policy_documents")]
    found = [statement for text in merged for statement in of_json(text) or ()]
    return found + [
        Statement(
            effect=str(one(block, "effect") or "Allow"),
            actions=_texts(many(block, "actions")),
            resources=_texts(many(block, "resources")),
            principals=tuple(
                (str(one(who, "type")), str(name))
                for who in blocks(block, "principals")
                for name in many(who, "identifiers")
            ),
            negated=tuple(name for name in negated if many(block, name) or blocks(block, name)),
            excepted=_texts(many(block, "not_actions")),
            conditions=tuple(
                Condition(str(one(test, "test")), str(one(test, "variable")).lower(), _texts(many(test, "values")))
                for test in blocks(block, "condition")
            ),
        )
        for block in blocks(conf, "statement")
    ]


def of_json(value: Any) -> list[Statement] | None:
    """Return the statements of a policy in JSON; None for one that is not known yet.

    A whole text is read even where it has `${...}`: a policy's own variables look like references.
    """
    if isinstance(value, str):
        if not value.strip().startswith("{"):
            return None
        try:
            value = json.loads(value)
        except ValueError:
            if reference(value):
                return None
            raise
    if not isinstance(value, dict) or "Statement" not in value:
        return None
    return [_of_entry(entry) for entry in flat(value["Statement"])]


def _of_entry(entry: dict[str, Any]) -> Statement:
    principal = entry.get("Principal") or {}
    named = {"*": "*"} if principal == "*" else principal
    return Statement(
        effect=str(entry.get("Effect", "Allow")),
        actions=_texts(flat(entry.get("Action"))),
        resources=_texts(flat(entry.get("Resource"))),
        principals=tuple((kind, str(name)) for kind, names in named.items() for name in flat(names)),
        negated=tuple(name for name in ("NotAction", "NotResource", "NotPrincipal") if name in entry),
        excepted=_texts(flat(entry.get("NotAction"))),
        conditions=tuple(
            Condition(operator, key.lower(), _texts(flat(values)))
            for operator, keys in (entry.get("Condition") or {}).items()
            for key, values in keys.items()
        ),
    )


def kind_of(statements: Sequence[Statement]) -> str:
    """Return what the policy of a data document is, by what it says: identity, trust, key or shared."""
    names = {action.lower() for one_ in statements for action in one_.actions}
    if not any(one_.principals for one_ in statements):
        return "identity"
    if names and all(name.startswith("sts:") for name in names):
        return "trust"
    return "key" if names and all(name.startswith("kms:") for name in names) else "shared"


def foreign(name: str) -> str:
    """Return the account that an ARN or id names and that is not this environment's, "" if there is none.

    Code is for every environment, so there each account that is written out is a foreign one. A mock
    names an account of nobody: before an apply it is a finding of its own.
    """
    if mocked(name):
        return ""
    own = str(facts().get("account_id", ""))
    return next((account for account in ACCOUNT.findall(name) if account != own), "")


def mocked(value: str) -> bool:
    """Whether a value is, or holds, a mock."""
    mock = facts().get("mock")
    return bool(mock) and str(mock) in value


def owned(value: str) -> bool:
    """Whether a value is this environment's account, or an ARN in it, as far as it is written out."""
    own = str(facts().get("account_id", ""))
    parts = value.split(":")
    account = parts[4] if parts[0] == "arn" and len(parts) > 5 else value
    return reference(value) or mocked(value) or (bool(own) and account == own)


def bound(statement: Statement, *more: str) -> bool:
    """Whether a condition binds a statement to this account; `more` are keys beside BOUND that can."""
    return any(
        test.operator in {"ArnEquals", "ArnLike", "StringEquals", "StringLike"}
        and (test.key in (*BOUND, *more) or test.key.startswith("kms:encryptioncontext:"))
        and test.values
        and all(owned(value) for value in test.values)
        for test in statement.conditions
    )


def matches(pattern: str, name: str) -> bool:
    """Whether a name is meant by a pattern of IAM, case aside."""
    parts = {"*": ".*", "?": "."}
    text = "".join(parts.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern))
    return re.fullmatch(text, name, re.IGNORECASE | re.DOTALL) is not None


def known(values: Sequence[str]) -> Iterator[str]:
    """Yield the values that are written out."""
    return (value for value in values if not reference(value))


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
