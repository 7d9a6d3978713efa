"""Whether a policy grants more than one before it: each statement is taken as a whole, and doubt counts as more.

A statement is contained in another if its actions, resources and principals are each named by, or match a
pattern of, the other's, and every condition of the other holds for it too. What a policy denied must still be denied.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# With these a value more lets more in; for any other operator only the same values are no more.
NARROWS = ("StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool", "Null", "IpAddress")
Names = frozenset[str]


@dataclass(frozen=True)
class Statement:
    """One statement; `negated` holds its NotAction, NotResource and NotPrincipal as written."""

    sid: str
    effect: str
    actions: Names
    resources: Names
    principals: Names
    conditions: Mapping[tuple[str, str], Names]
    negated: str

    def __str__(self) -> str:
        what = ", ".join(sorted(self.actions)) or self.negated
        return f"{self.sid or 'a statement'} ({what} on {', '.join(sorted(self.resources)) or 'itself'})"


def read(policy: Any) -> list[Statement]:
    """Return the statements of a policy document, as text or as a map; ValueError for what is none."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    if not isinstance(document, Mapping):
        raise ValueError("not a policy document")
    return [_statement(entry) for entry in _list(document.get("Statement"))]


def wider(before: Sequence[Statement], after: Sequence[Statement]) -> list[str]:
    """Return a sentence for each statement that grants, or no longer denies, what `before` did not."""
    found = [
        f"{statement} allows more than any statement before it"
        for statement in after
        if statement.effect == "Allow" and not any(contained(statement, other) for other in before)
    ]
    found += [
        f"{statement} is no longer denied"
        for statement in before
        if statement.effect == "Deny" and not any(contained(statement, other) for other in after)
    ]
    return found


def contained(inner: Statement, outer: Statement) -> bool:
    """Whether whatever `inner` speaks of, `outer` speaks of too."""
    if inner.effect != outer.effect or inner.negated != outer.negated:
        return False
    return (
        _named({name.lower() for name in inner.actions}, {name.lower() for name in outer.actions})
        and _named(inner.resources, outer.resources)
        and _named(inner.principals, outer.principals)
        and all(_holds(key, values, inner.conditions) for key, values in outer.conditions.items())
    )


def _holds(key: tuple[str, str], values: Names, inner: Mapping[tuple[str, str], Names]) -> bool:
    if key not in inner:
        return False
    operator = key[0].rpartition(":")[2]
    return inner[key] <= values if operator in NARROWS and inner[key] else inner[key] == values


def _named(inner: Iterable[str], outer: Iterable[str]) -> bool:
    patterns = [_pattern(name) for name in outer]
    return all(any(pattern.fullmatch(name) for pattern in patterns) for name in inner)


def _pattern(name: str) -> re.Pattern[str]:
    # A star of the inner name is matched by a star only: a question mark is one character, not many.
    parts = {"*": ".*", "?": "[^*]"}
    return re.compile("".join(parts.get(part, re.escape(part)) for part in re.split(r"([*?])", name)), re.DOTALL)


def _statement(entry: Any) -> Statement:
    if not isinstance(entry, Mapping):
        raise ValueError("a statement is not a map")
    negated = {key: entry[key] for key in ("NotAction", "NotResource", "NotPrincipal") if key in entry}
    conditions = {
        (operator, key.lower()): frozenset(map(_text, _list(values)))
        for operator, keys in dict(entry.get("Condition") or {}).items()
        for key, values in dict(keys).items()
    }
    return Statement(
        sid=str(entry.get("Sid") or ""),
        effect=str(entry.get("Effect", "")),
        actions=frozenset(map(str, _list(entry.get("Action")))),
        resources=frozenset(map(str, _list(entry.get("Resource")))),
        principals=_principals(entry.get("Principal")),
        conditions=conditions,
        negated=json.dumps(negated, sort_keys=True) if negated else "",
    )


def _principals(value: Any) -> Names:
    if value is None:
        return frozenset()
    if value == "*":
        return frozenset({"*"})
    return frozenset(
        "*" if name == "*" and kind == "AWS" else f"{kind}:{name}"
        for kind, names in dict(value).items()
        for name in _list(names)
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
