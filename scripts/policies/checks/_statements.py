"""IAM policies as Checkov gives them, in data documents and in JSON: their statements, and our policies over them."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from _aws import TYPES
from _catalogue import CATALOGUE
from _iam import Condition, Statement, read_policy, texts
from _policy import ResourcePolicy, blocks, facts, many, one, reference
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.base_check import BaseDataCheck

ATTACHED = {name: (one.policy, one.kind) for name, one in TYPES.items() if one.policy}
"""The attribute that holds a type's policy, and what that policy is."""
BOUND = ("aws:sourceaccount", "aws:sourcearn", "kms:calleraccount")
# Not the last group of a key's id, which may happen to have no letter.
ACCOUNT = re.compile(r"(?<![0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)\b[0-9]{12}\b")
Check = Callable[[Sequence[Statement], str], str]
"""Returns what is wrong with the statements of a policy of a kind (identity, trust, key, shared), or ""."""


def of_document(conf: dict[str, Any]) -> list[Statement]:
    """Return the statements of a data document; plans show those of the texts that it merges."""
    negated = ("not_actions", "not_resources", "not_principals")
    return [
        Statement(
            sid=str(one(block, "sid") or ""),
            effect=str(one(block, "effect") or "Allow"),
            actions=texts(many(block, "actions")),
            resources=texts(many(block, "resources")),
            principals=tuple(
                (str(one(who, "type")), str(name))
                for who in blocks(block, "principals")
                for name in many(who, "identifiers")
            ),
            negated={name: block[name] for name in negated if many(block, name)},
            excepted=texts(many(block, "not_actions")),
            conditions=tuple(
                Condition(str(one(test, "test")), str(one(test, "variable")).lower(), texts(many(test, "values")))
                for test in blocks(block, "condition")
            ),
        )
        for block in blocks(conf, "statement")
    ]


def of_json(value: Any) -> list[Statement] | None:
    """Return the statements of a policy in JSON; None if the policy is not known yet.

    A whole text is read even if it has `${...}`: a policy's own variables look like references.
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
    return read_policy(value) if isinstance(value, dict) and "Statement" in value else None


def kind_of(statements: Sequence[Statement]) -> str:
    """Return the kind of a data document's policy, by its statements: identity, trust, key or shared."""
    names = {action.lower() for one_ in statements for action in one_.actions}
    if not any(one_.principals for one_ in statements):
        return "identity"
    if names and all(name.startswith("sts:") for name in names):
        return "trust"
    return "key" if names and all(name.startswith("kms:") for name in names) else "shared"


def foreign(name: str) -> str:
    """Return the foreign account that an ARN or id names, or "".

    Code is for every environment, so an account that is written out there is foreign. A mock's account is
    not: before an apply a mock is a finding of its own.
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
    """Whether a value is this environment's account or an ARN in it, or is not known yet."""
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
    """Whether a pattern of IAM matches a name, ignoring case."""
    parts = {"*": ".*", "?": "."}
    text = "".join(parts.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern))
    return re.fullmatch(text, name, re.IGNORECASE | re.DOTALL) is not None


def known(values: Sequence[str]) -> Iterator[str]:
    """Yield the values that are written out."""
    return (value for value in values if not reference(value))


class DocumentPolicy(BaseDataCheck):
    """A policy over `data "aws_iam_policy_document"`."""

    def __init__(self, policy: str, test: Check) -> None:
        entry = CATALOGUE[policy]
        super().__init__(
            name=entry.title, id=entry.id, categories=[CheckCategories.IAM], supported_data=["aws_iam_policy_document"]
        )
        self._test = test

    def scan_data_conf(self, conf: dict[str, Any]) -> CheckResult:
        self.details = []
        statements = of_document(conf)
        if found := self._test(statements, kind_of(statements)):
            self.details.append(found)
        return CheckResult.FAILED if found else CheckResult.PASSED


def both(policy: str, test: Check) -> list[DocumentPolicy | ResourcePolicy]:
    """Return a policy over data documents, and over the resources that hold a policy in JSON."""

    def test_resource(conf: dict[str, Any], resource_type: str) -> str | None:
        attribute, kind = ATTACHED[resource_type]
        found = [(kind, of_json(one(conf, attribute)))]
        found += [("identity", of_json(one(block, "policy"))) for block in blocks(conf, "inline_policy")]
        known = [(kind, statements) for kind, statements in found if statements is not None]
        if not known:
            return None
        return next((text for kind, statements in known if (text := test(statements, kind))), "")

    return [DocumentPolicy(policy, test), ResourcePolicy(policy, ATTACHED, test_resource)]
