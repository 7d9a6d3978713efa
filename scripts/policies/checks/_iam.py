"""The one reader of IAM policies in JSON, for Checkov's policies and for plans. Standard library only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NEGATED = ("NotAction", "NotResource", "NotPrincipal")


@dataclass(frozen=True)
class Condition:
    """One test of a statement; `key` is in lower case."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement; `principals` are pairs of kind (AWS, Service, Federated, *) and name."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[tuple[str, str], ...]
    negated: Mapping[str, Any]
    """NotAction, NotResource and NotPrincipal as written."""
    excepted: tuple[str, ...]
    """The actions that NotAction names."""
    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        what = ", ".join(sorted({*self.actions})) or ", ".join(self.negated)
        return f"{self.sid or 'a statement'} ({what} on {', '.join(sorted({*self.resources})) or 'itself'})"

    @property
    def allows(self) -> bool:
        """Whether it grants something."""
        return self.effect.lower() != "deny"

    @property
    def any_principal(self) -> bool:
        """Whether it names every principal."""
        return any(name == "*" for _, name in self.principals)


def read_policy(policy: Any) -> list[Statement]:
    """Return the statements of a policy document, as text or as a map; ValueError if it is not one."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    if not isinstance(document, Mapping):
        raise ValueError("not a policy document")
    return [_statement(entry) for entry in flat(document.get("Statement"))]


def flat(value: Any) -> list[Any]:
    """Return the elements of nested lists, without None."""
    if isinstance(value, list):
        return [element for part in value for element in flat(part)]
    return [] if value is None else [value]


def texts(value: Any) -> tuple[str, ...]:
    """Return the elements of nested lists as texts, true and false as JSON writes them."""
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in flat(value))


def _statement(entry: Any) -> Statement:
    if not isinstance(entry, Mapping):
        raise ValueError("a statement is not a map")
    named, conditions = entry.get("Principal") or {}, entry.get("Condition") or {}
    named = {"*": "*"} if named == "*" else named
    if not all(isinstance(one, Mapping) for one in (named, conditions)):
        raise ValueError("a statement's Principal or Condition is not a map")
    return Statement(
        sid=str(entry.get("Sid") or ""),
        effect=str(entry.get("Effect", "Allow")),
        actions=texts(entry.get("Action")),
        resources=texts(entry.get("Resource")),
        principals=tuple((kind, name) for kind, names in named.items() for name in texts(names)),
        negated={key: entry[key] for key in NEGATED if key in entry},
        excepted=texts(entry.get("NotAction")),
        conditions=tuple(
            Condition(operator, key.lower(), texts(values))
            for operator, keys in conditions.items()
            for key, values in keys.items()
        ),
    )
