"""Rules over changes of IAM and resource policies: a policy that grants more than before needs a waiver.

Statements are compared one by one, and doubt counts as more. A statement is contained in another if the other names,
or matches by a pattern, each of its actions, resources and principals, and if it has every condition of the other.
What a policy denied must still be denied.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from meridian.gate.checkov.engine import plain_address
from meridian.gate.finding import Severity
from meridian.gate.rule import Rule
from meridian.plans.approval import Swap, swap
from policies.checks._aws import TYPES
from policies.checks._iam import Condition, Statement, read_policy

WIDENED = Rule(
    "MRD_CHANGE_005",
    "No policy grants more than before",
    Severity.HIGH,
    "A malicious change and a careless one both widen rights.",
    "Narrow the statement; if the right is needed, write it in the module's code and run `meridian accept`. "
    "A value that comes from the inventory needs a waiver.",
)
UNCOMPARED = Rule(
    "MRD_CHANGE_006",
    "Every change of a policy can be compared",
    Severity.MEDIUM,
    "The text is known only after the apply, so the gate cannot see whether it grants more.",
    "Run `meridian accept` for the module, if its code alone decides on the policy; or accept it in waivers.yaml.",
)
RULES = (WIDENED, UNCOMPARED)
POLICIES = {name: one.policy for name, one in TYPES.items() if one.policy and not one.repeats}
GRANTS = frozenset(name for name, one in TYPES.items() if one.grants)
ACTORS = frozenset(name for name, one in TYPES.items() if one.acts)
# With these a condition with more values matches more; with any other operator only equal values match no more.
NARROWS = ("StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool", "Null", "IpAddress")


def find_wider_grants(change: Mapping[str, Any], new: bool, swaps: Sequence[Swap] = ()) -> Iterator[tuple[Rule, str]]:
    """Yield a rule and a sentence for each right that a changed resource grants and did not grant before.

    `new`: the whole unit is new, so its new resources widen nothing. `swaps`: outputs of other units that changed;
    a right to the old value was a right to the new one.
    """
    name, attribute = plain_address(change["address"]), POLICIES.get(change["type"])
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
        old = read_policy(swap(before[attribute], swaps)) if before.get(attribute) else []
        more = find_wider(old, read_policy(after.get(attribute) or {}))
    except (ValueError, TypeError, AttributeError) as error:
        yield UNCOMPARED, f"{name}: {attribute} cannot be read as a policy: {error}."
        return
    for sentence in more:
        yield WIDENED, f"{name}: {sentence}."


def acts_already(changes: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether something that acts existed in a unit before."""
    return any(one["type"] in ACTORS and isinstance(one["change"].get("before"), Mapping) for one in changes)


def find_wider(before: Sequence[Statement], after: Sequence[Statement]) -> list[str]:
    """Return a sentence for each statement that grants, or no longer denies, what `before` did not."""
    found = [
        f"{statement} allows more than any statement before it"
        for statement in after
        if statement.allows and not any(is_contained(statement, other) for other in before)
    ]
    found += [
        f"{statement} is no longer denied"
        for statement in before
        if not statement.allows and not any(is_contained(statement, other) for other in after)
    ]
    return found


def is_contained(inner: Statement, outer: Statement) -> bool:
    """Whether `outer` matches every request that `inner` matches."""
    if inner.allows != outer.allows or inner.negated != outer.negated:
        return False
    return (
        _named({name.lower() for name in inner.actions}, {name.lower() for name in outer.actions})
        and _named(inner.resources, outer.resources)
        and _named(_principals(inner), _principals(outer))
        and all(any(_narrower(test, other) for test in inner.conditions) for other in outer.conditions)
    )


def _narrower(inner: Condition, outer: Condition) -> bool:
    if (inner.operator, inner.key) != (outer.operator, outer.key):
        return False
    old, new = set(outer.values), set(inner.values)
    return new <= old if new and inner.operator.rpartition(":")[2] in NARROWS else new == old


def _principals(statement: Statement) -> set[str]:
    return {"*" if name == "*" and kind in {"*", "AWS"} else f"{kind}:{name}" for kind, name in statement.principals}


def _named(inner: Iterable[str], outer: Iterable[str]) -> bool:
    patterns = [_pattern(name) for name in outer]
    return all(any(pattern.fullmatch(name) for pattern in patterns) for name in inner)


def _pattern(name: str) -> re.Pattern[str]:
    # A star of the inner name is matched by a star only: a question mark is one character, not many.
    parts = {"*": ".*", "?": "[^*]"}
    return re.compile("".join(parts.get(part, re.escape(part)) for part in re.split(r"([*?])", name)), re.DOTALL)
