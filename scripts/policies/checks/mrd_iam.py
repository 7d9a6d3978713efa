"""Policies of IAM: each statement is judged as a whole, in data documents and in JSON."""

from collections.abc import Sequence

from _actions import unknown, without_resources
from _judged import reference
from _policies import both
from _resources import wide
from _statements import Statement, bound, known, matches

PASS_ROLE, PASSED_TO = "iam:PassRole", "iam:passedtoservice"
EQUALS = ("StringEquals", "StringLike")


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
    if many := [name for name in statement.actions if "*" in name or "?" in name]:
        return f"allows the actions {', '.join(many)}"
    # CKV_MRD_019 checks iam:PassRole.
    asked = [name for name in statement.actions if not matches(name, PASS_ROLE)]
    if asked and not without_resources(asked) and (many := [name for name in statement.resources if wide(name)]):
        return f"allows {', '.join(asked)} on {'every resource' if '*' in many else ', '.join(many)}"
    return ""


def exists(statements: Sequence[Statement], kind: str) -> str:
    """Return the actions that no service has."""
    for statement in statements:
        if wrong := [name for name in known((*statement.actions, *statement.excepted)) if unknown(name)]:
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
        if many := [name for name in statement.resources if "*" in name or "?" in name]:
            return f"{PASS_ROLE} is allowed on {', '.join(many)}: name the roles."
        services = statement.values(PASSED_TO, *EQUALS)
        if not services:
            return f"{PASS_ROLE} is allowed without a condition on iam:PassedToService."
        if many := [name for name in services if not reference(name) and ("*" in name or "?" in name)]:
            return f"{PASS_ROLE} is allowed to {', '.join(many)}: name the service."
    return ""


checks = [
    *both("CKV_MRD_011", narrow),
    *both("CKV_MRD_017", exists),
    *both("CKV_MRD_019", passes),
]
