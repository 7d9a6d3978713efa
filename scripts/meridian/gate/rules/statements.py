"""Whether a policy grants more than one before it: statements are compared one by one, and doubt counts as more.

A statement is contained in another if the other names, or matches by a pattern, each of its actions, resources and
principals, and if it has every condition of the other. What a policy denied must still be denied.
"""

import re
from collections.abc import Iterable, Sequence

from policies.checks._iam import Condition, Statement, read_policy

# With these a condition with more values matches more; with any other operator only equal values match no more.
NARROWS = ("StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool", "Null", "IpAddress")
read = read_policy


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
