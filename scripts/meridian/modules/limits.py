"""Which values the settings of a module may have, so that a wrong one is refused at its line in the inventory.

The limits come from the validations of variables.tf. Each is necessary: a value that breaks it fails the validation.
Terraform alone checks the conditions that are not recognised here.
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from meridian.modules.blocks import Node
from meridian.modules.conform import Mismatch
from meridian.modules.sources import Setting, Source
from meridian.modules.types import Collection, Object, Type
from meridian.yamlfile.problems import KeyPath, quote

EACH = "*"
KEY = "#key"
_BOUNDS = {">=": "minimum", "<=": "maximum", ">": "exclusiveMinimum", "<": "exclusiveMaximum"}

Path = tuple[str, ...]
Scope = Mapping[str, list[Path]]


class Limit(NamedTuple):
    """A keyword of JSON Schema and its value, for what lies at a path: ("origins", "*") are a list's items.

    The path begins with a variable, or with the setting that is its value.
    """

    path: Path
    keyword: str
    bound: Any
    message: str
    """What to use instead, in the module's words."""


def find_violations(value: Any, name: str, limits: Iterable[Limit]) -> Iterator[Mismatch]:
    """Yield where a setting's value is beyond a limit; values of the wrong type are left to `conform`."""
    for limit in limits:
        if limit.path[0] == name:
            for path, found in _found(value, limit.path[1:], ()):
                if not _accepts(limit.keyword, limit.bound, found):
                    yield Mismatch(path, "wrong", f"{quote(found)} is not accepted. {limit.message}")


def limits_of_settings(inputs: Mapping[str, Source], limits: Iterable[Limit]) -> Iterator[Limit]:
    """Yield the limits of the variables whose value is a setting, by the setting's name."""
    for limit in limits:
        source = inputs.get(limit.path[0])
        if isinstance(source, Setting) and _has_path(source.type, limit.path[1:]):
            yield limit._replace(path=(source.name, *limit.path[1:]))


def read_conditions(node: Node, message: str) -> list[Limit]:
    """Return the limits that values must meet for the condition of a validation to hold."""
    return [Limit(*found, message) for found in _read(node, {})]


def _read(node: Node, scope: Scope) -> list[tuple[Path, str, Any]]:
    match node:
        case ["&&", left, right]:
            return _read(left, scope) + _read(right, scope)
        case ["?", ["==", subject, ["value", None]], ["value", True], wanted]:
            # Without the subject the rest does not count, so only what lies below the subject does.
            owners = _paths(subject, scope)
            return [found for found in _read(wanted, scope) if any(found[0][: len(one)] == one for one in owners)]
        case ["alltrue", ["for", [name], source, body]]:
            return _read(body, {**scope, name: _items(source, scope)})
        case [">=" | "<=" | ">" | "<" as sign, subject, ["value", int() | float() as bound]]:
            return _at(subject, scope, _BOUNDS[sign], bound)
        case ["==", subject, ["floor", whole]] if whole == subject:
            return _at(subject, scope, "type", "integer")
        case ["contains", ["items", *items], subject] if items and all(item[0] == "value" for item in items):
            return _at(subject, scope, "enum", [item[1] for item in items])
        case ["can", ["regex", ["value", str() as pattern], subject]] if _is_portable(pattern):
            return _at(subject, scope, "pattern", pattern)
    return []


def _at(subject: Node, scope: Scope, keyword: str, bound: Any) -> list[tuple[Path, str, Any]]:
    return [(path, keyword, bound) for path in _paths(subject, scope)]


def _is_portable(pattern: str) -> bool:
    """Whether Go and Python read a regular expression alike."""
    if "[:" in pattern:
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _paths(node: Node, scope: Scope) -> list[Path]:
    match node:
        case ["name", "var", variable, *steps]:
            return [(variable, *steps)]
        case ["name", first, *steps]:
            return [(*path, *steps) for path in scope.get(first, [])]
    return []


def _items(source: Node, scope: Scope) -> list[Path]:
    """Return what the name of a `for` stands for."""
    match source:
        case ["items", *items]:
            return [path for item in items for path in _paths(item, scope)]
        case ["keys", owner]:
            return [(*path, KEY) for path in _paths(owner, scope)]
        case ["values", owner]:
            source = owner
    return [(*path, EACH) for path in _paths(source, scope)]


def _has_path(kind: Type, steps: Path) -> bool:
    if not steps:
        return True
    if isinstance(kind, Object):
        return steps[0] in kind.attributes and _has_path(kind.attributes[steps[0]].type, steps[1:])
    if steps[0] == EACH:
        return isinstance(kind, Collection) and _has_path(kind.element, steps[1:])
    return steps == (KEY,) and isinstance(kind, Collection) and kind.kind == "map"


def _found(value: Any, steps: Path, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if not steps:
        yield path, value
    elif steps[0] == KEY and isinstance(value, dict):
        yield from (((*path, key), key) for key in value)
    elif steps[0] == EACH:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            yield from _found(item, steps[1:], (*path, key))
    elif isinstance(value, dict) and steps[0] in value:
        yield from _found(value[steps[0]], steps[1:], (*path, steps[0]))


def _accepts(keyword: str, bound: Any, value: Any) -> bool:
    is_text = keyword == "pattern" or (keyword == "enum" and isinstance(bound[0], str))
    if isinstance(value, bool) or not isinstance(value, str if is_text else int | float):
        return True
    return _ACCEPTS[keyword](value, bound)


def _matches(value: str, pattern: str) -> bool:
    # Unlike Go's, Python's `$` also matches before a last line break.
    return bool(re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), value, re.ASCII))


_ACCEPTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
    "type": lambda value, _: value % 1 == 0,
    "enum": lambda value, bound: value in bound,
    "pattern": _matches,
}
