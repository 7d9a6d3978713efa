"""Which values the settings of a module may have, so that a wrong one is refused at its line in the inventory."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from meridian.modules import conform
from meridian.modules.conform import Mismatch
from meridian.modules.sources import Nested, Setting, Several, Source
from meridian.modules.types import ANY, Collection, Object, Primitive, Type
from meridian.yamlfile.problems import KeyPath, quote

EACH = "*"
KEY = "#key"


class Rule(NamedTuple):
    """A keyword of JSON Schema and its value, for what lies below a variable: ("origins", "*") are a list's items."""

    path: tuple[str, ...]
    keyword: str
    bound: Any


@dataclass(frozen=True)
class Limit:
    """A rule for what lies at a path that begins with a setting."""

    path: tuple[str, ...]
    keyword: str
    bound: Any
    message: str
    """What to use instead, in the module's words."""


def find_violations(value: Any, name: str, limits: Iterable[Limit]) -> Iterator[Mismatch]:
    """Yield where a setting's value is beyond a limit; values of the wrong type are left to `conform`."""
    for limit in limits:
        if limit.path[0] == name:
            for path, found in _found(value, limit.path[1:], ()):
                if not _ACCEPTS[limit.keyword](found, limit.bound):
                    yield Mismatch(path, "wrong", f"{quote(found)} is not accepted. {limit.message}")


def read_limits(inputs: Mapping[str, Source], rules: Iterable[tuple[Rule, str]]) -> Iterator[Limit]:
    """Yield the limits of the settings in a module's inputs; each rule comes with its error message."""
    for ((variable, *path), keyword, bound), message in rules:
        for steps, setting in _settings(inputs.get(variable), path):
            kind = _type_below(setting.type, steps)
            if kind and _suits(keyword, bound, kind):
                yield Limit((setting.name, *steps), keyword, bound, message)


def _settings(source: Source | None, path: list[str]) -> Iterator[tuple[list[str], Setting]]:
    """Yield each setting on the way to a path below a source, with the rest of the path."""
    if isinstance(source, Setting):
        yield path, source
    elif path and isinstance(source, Nested | Several):
        items = source.items if isinstance(source.items, Mapping) else dict(enumerate(source.items))
        for key, item in items.items():
            if path[0] in (key, EACH):
                yield from _settings(item, path[1:])


def _type_below(kind: Type, steps: list[str]) -> Type | None:
    if not steps:
        return kind
    if isinstance(kind, Object) and steps[0] in kind.attributes:
        return _type_below(kind.attributes[steps[0]].type, steps[1:])
    if isinstance(kind, Collection) and steps[0] == EACH:
        return _type_below(kind.element, steps[1:])
    return Primitive("string") if isinstance(kind, Collection) and kind.kind == "map" and steps == [KEY] else None


def _suits(keyword: str, bound: Any, kind: Type) -> bool:
    if keyword == "enum":
        return not any(list(conform.find_mismatches(one, kind, whole=True)) for one in bound)
    return kind in (ANY, Primitive("string" if keyword == "pattern" else "number"))


def _found(value: Any, steps: tuple[str, ...], path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
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


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(accepts: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, bound: not _is_number(value) or accepts(value, bound)


def _matches(value: Any, pattern: str) -> bool:
    # Unlike Go's, Python's `$` also matches before a last line break.
    return not isinstance(value, str) or bool(re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), value, re.ASCII))


def _is_one_of(value: Any, bound: list[Any]) -> bool:
    comparable = isinstance(value, str) if isinstance(bound[0], str) else _is_number(value)
    return value in bound or not comparable


_ACCEPTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": _number(operator.ge),
    "maximum": _number(operator.le),
    "exclusiveMinimum": _number(operator.gt),
    "exclusiveMaximum": _number(operator.lt),
    "type": _number(lambda value, _: value == int(value)),
    "enum": _is_one_of,
    "pattern": _matches,
}
