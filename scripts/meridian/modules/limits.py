"""The `limits` of a unit.yaml: which values of its settings a module takes, so that an inventory can be told early."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meridian.inventory.document import Document
from meridian.inventory.problems import KeyPath, listed, nearest, shown
from meridian.modules import conform
from meridian.modules.conform import Mismatch
from meridian.modules.sources import Setting, Source, leaves
from meridian.modules.types import ANY, Collection, Object, Primitive, Type

EACH = "*"
_FORMS = "{min: 1, max: 9, whole: true}, {one_of: [1, 3]} or {pattern: a+, hint: is not an a.}"


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`, both included; without a fraction if `whole`."""

    low: float
    high: float
    whole: bool


@dataclass(frozen=True)
class OneOf:
    """One of these: texts, or numbers."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Form:
    """A text of which the whole fits a pattern; `hint` goes on from the text: `is not an origin, e.g. ...`."""

    pattern: str
    hint: str


Rule = Range | OneOf | Form


@dataclass(frozen=True)
class Limit:
    """A rule for the values below a setting: ("api", "cors_origins", "*") are the items of its list."""

    path: tuple[str, ...]
    rule: Rule


def violations(value: Any, name: str, limits: Sequence[Limit]) -> Iterator[Mismatch]:
    """Yield where a setting's value is beyond a limit; values of the wrong type are left to `conform`."""
    for limit in limits:
        if limit.path[0] == name:
            yield from _beyond(value, limit.path[1:], limit.rule, ())


def read(source: Document, inputs: Mapping[str, Source]) -> tuple[Limit, ...]:
    """Return the limits of a unit.yaml; what is wrong with them, or beyond them in the file itself, is recorded."""
    entries = source.value.get("limits", {})
    if not isinstance(entries, dict):
        source.wrong(("limits",), "must be a map of settings to limits, e.g. {function.memory_mb: {min: 1, max: 9}}.")
        return ()
    settings = [(name, leaf) for name, one in inputs.items() for leaf in leaves(one) if isinstance(leaf, Setting)]
    found: list[Limit] = []
    for key, entry in entries.items():
        steps = tuple(key.split("."))
        types = [_below(setting.type, steps[1:]) for _, setting in settings if setting.name == steps[0]]
        rule = _rule(source, ("limits", key), entry)
        if not types or None in types:
            near = "" if types else nearest(key, sorted({setting.name for _, setting in settings}))
            source.wrong(("limits", key), f"no input takes a setting of that path.{near}")
        elif rule and not all(kind and _suits(rule, kind) for kind in types):
            source.wrong(("limits", key), "does not suit the type that the variable has there.")
        elif rule:
            found.append(Limit(steps, rule))
    for variable, setting in settings:
        for one in violations(setting.protected, setting.name, found):
            source.wrong(("inputs", variable, "protected", *one.path), one.text)
    return tuple(found)


def _beyond(value: Any, steps: tuple[str, ...], rule: Rule, path: KeyPath) -> Iterator[Mismatch]:
    if not steps:
        text = _refusal(value, rule)
        if text:
            yield Mismatch(path, "wrong", text)
    elif steps[0] == EACH:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            yield from _beyond(item, steps[1:], rule, (*path, key))
    elif isinstance(value, dict) and steps[0] in value:
        yield from _beyond(value[steps[0]], steps[1:], rule, (*path, steps[0]))


def _refusal(value: Any, rule: Rule) -> str | None:
    """Return why a rule does not take a value, with the nearest one that it takes."""
    if isinstance(rule, Form):
        fits = not isinstance(value, str) or re.fullmatch(rule.pattern, value)
        return None if fits else f"{shown(value)} {rule.hint}"
    if isinstance(rule, OneOf):
        return _not_one_of(value, rule.values)
    if not _is_number(value):
        return None
    if rule.low <= value <= rule.high and (not rule.whole or value == int(value)):
        return None
    near = min(max(round(value) if rule.whole else value, rule.low), rule.high)
    kind = "a whole number" if rule.whole else "a number"
    return f"{shown(value)} is not {kind} from {rule.low} to {rule.high}; the nearest is {near}."


def _not_one_of(value: Any, values: tuple[Any, ...]) -> str | None:
    numbers = _is_number(values[0])
    if value in values or not (_is_number(value) if numbers else isinstance(value, str)):
        return None
    text = f"{shown(value)} is none of {listed(map(str, values))}"
    if numbers:
        return f"{text}; the nearest is {min(values, key=lambda one: abs(one - value))}."
    return f"{text}.{nearest(value, values)}"


def _rule(source: Document, path: KeyPath, entry: Any) -> Rule | None:
    keys = set(entry) if isinstance(entry, dict) else set()
    if keys in ({"min", "max"}, {"min", "max", "whole"}):
        low, high, whole = entry["min"], entry["max"], entry.get("whole", False)
        if _is_number(low) and _is_number(high) and low <= high and isinstance(whole, bool):
            return Range(low, high, whole)
    elif keys == {"one_of"}:
        values = entry["one_of"]
        if isinstance(values, list) and values and (_all_texts(values) or all(map(_is_number, values))):
            return OneOf(tuple(values))
    elif keys == {"pattern", "hint"} and isinstance(entry["pattern"], str) and isinstance(entry["hint"], str):
        try:
            re.compile(entry["pattern"])
        except re.error as error:
            source.wrong((*path, "pattern"), f"{shown(entry['pattern'])} is not a regular expression: {error}.")
            return None
        return Form(entry["pattern"], entry["hint"])
    source.wrong(path, f"{shown(entry)} is not a limit: use {_FORMS}.")
    return None


def _below(kind: Type | None, steps: tuple[str, ...]) -> Type | None:
    """Return the type of what is below a value of the type `kind`, None where nothing can be."""
    if not steps or kind is None:
        return kind
    if isinstance(kind, Object) and steps[0] in kind.attributes:
        return _below(kind.attributes[steps[0]].type, steps[1:])
    if isinstance(kind, Collection) and steps[0] == EACH:
        return _below(kind.element, steps[1:])
    return None


def _suits(rule: Rule, kind: Type) -> bool:
    if isinstance(rule, OneOf):
        return not any(list(conform.mismatches(one, kind, whole=True)) for one in rule.values)
    return kind in (ANY, Primitive("string" if isinstance(rule, Form) else "number"))


def _all_texts(values: list[Any]) -> bool:
    return all(isinstance(one, str) for one in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
