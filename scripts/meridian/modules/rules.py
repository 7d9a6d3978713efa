"""What the condition of a validation comes to where some values are known: true, false, or not known.

A rule across settings is then refused at its line in the inventory. What is not known stays with Terraform.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from meridian.modules.blocks import Node
from meridian.modules.types import Collection, Object, Type

UNKNOWN = object()
GIVEN = object()
"""A value that is not known, but is not null."""

Path = tuple[str, ...]
Lookup = Callable[[str], Any]
"""Returns the value of a variable, whole: optional attributes have their defaults."""

_ARITHMETIC: Mapping[str, Callable[..., Any]] = {
    **{"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
    **{"+": operator.add, "-": operator.sub, "*": operator.mul},
    **{"max": lambda *several: max(several), "min": lambda *several: min(several)},
}


class Rule(NamedTuple):
    """The condition of a validation, and its message."""

    condition: Node
    message: str


def evaluate(node: Node, lookup: Lookup) -> Any:
    """Return the value of an expression, or UNKNOWN if it is not known or Terraform would refuse it."""
    match node:
        case ["value", value]:
            return value
        case ["items", *items]:
            return [evaluate(item, lookup) for item in items]
        case ["entries", *entries]:
            return {key: evaluate(value, lookup) for key, value in entries}
        case ["name", "var", variable, *steps]:
            return _attribute(lookup(variable), steps)
        case ["?", condition, yes, no]:
            found = evaluate(condition, lookup)
            return evaluate(yes if found else no, lookup) if isinstance(found, bool) else UNKNOWN
        case ["&&" | "||" as sign, left, right]:
            decides, found = sign == "||", [evaluate(left, lookup), evaluate(right, lookup)]
            return decides if decides in found else not decides if found == [not decides] * 2 else UNKNOWN
        case ["==" | "!=" as sign, left, right]:
            same = _same(evaluate(left, lookup), evaluate(right, lookup))
            return same if same is UNKNOWN else same == (sign == "==")
        case [str() as name, *operands] if name in _ARITHMETIC and operands:
            numbers = [evaluate(one, lookup) for one in operands]
            return _ARITHMETIC[name](*numbers) if all(map(_is_number, numbers)) else UNKNOWN
    return UNKNOWN


def find_reads(node: Any) -> Iterator[Path]:
    """Yield the variables that an expression reads, each with the attributes that lead to the value."""
    match node:
        case ["name", "var", *steps]:
            yield tuple(steps)
        case list():
            for one in node:
                yield from find_reads(one)


def complete(value: Any, kind: Type) -> Any:
    """Return a value with the defaults of the optional attributes that it leaves out."""
    if isinstance(kind, Object) and isinstance(value, dict):
        found = {name: evaluate(one.default, _nothing) for name, one in kind.attributes.items()} | value
        return {name: complete(found[name], one.type) for name, one in kind.attributes.items()}
    if isinstance(kind, Collection) and isinstance(value, dict):
        return {key: complete(item, kind.element) for key, item in value.items()}
    if isinstance(kind, Collection) and isinstance(value, list):
        return [complete(item, kind.element) for item in value]
    return value


def _nothing(_: str) -> Any:
    return UNKNOWN


def _attribute(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if not isinstance(value, dict):
            return UNKNOWN
        value = value.get(step, UNKNOWN)
    return value


def _same(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return UNKNOWN if UNKNOWN in (left, right) else left is right
    plain = all(isinstance(one, str | int | float) for one in (left, right))
    return left == right if plain else UNKNOWN


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
