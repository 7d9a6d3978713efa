"""Checks values against Terraform types, without Terraform's silent conversions."""

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from meridian.modules.types import Collection, Object, Primitive, Type
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

Kind = Literal["unknown", "missing", "wrong"]


class Mismatch(NamedTuple):
    """Where a value does not fit: the path below it, the kind of mismatch and the message."""

    path: KeyPath
    kind: Kind
    text: str


def find_mismatches(value: Any, kind: Type, *, whole: bool, path: KeyPath = ()) -> Iterator[Mismatch]:
    """Yield where a plain value does not fit a type; required attributes must be there only if `whole`.

    Stricter than Terraform, which would turn "5" into 5 and drop unknown attributes in silence.
    """
    if isinstance(kind, Primitive):
        yield from _primitive(value, kind.name, path)
    elif isinstance(kind, Object):
        yield from _object(value, kind, whole, path)
    elif isinstance(kind, Collection) and kind.kind == "map":
        if isinstance(value, dict):
            for key, item in value.items():
                yield from find_mismatches(item, kind.element, whole=whole, path=(*path, key))
        else:
            yield Mismatch(path, "wrong", f"{quote(value)} must be a map of keys to values.")
    elif not isinstance(value, list):
        yield Mismatch(path, "wrong", f"{quote(value)} must be a list{_example(kind)}.")
    else:
        yield from _items(value, kind, path)


def _items(value: list[Any], kind: Collection, path: KeyPath) -> Iterator[Mismatch]:
    seen: set[str] = set()
    for index, item in enumerate(value):
        # A list replaces the one below it, so its items must be whole.
        yield from find_mismatches(item, kind.element, whole=True, path=(*path, index))
        text = json.dumps(item, sort_keys=True)
        if kind.kind == "set" and text in seen:
            yield Mismatch((*path, index), "wrong", f"{quote(item)} is a duplicate.")
        seen.add(text)


def prune(value: Any, kind: Type) -> Any:
    """Return the value without the attributes that the type lacks."""
    if isinstance(kind, Object) and isinstance(value, dict):
        known = kind.attributes
        return {key: prune(item, known[key].type) for key, item in value.items() if key in known}
    if isinstance(kind, Collection) and isinstance(value, dict):
        return {key: prune(item, kind.element) for key, item in value.items()}
    if isinstance(kind, Collection) and isinstance(value, list):
        return [prune(item, kind.element) for item in value]
    return value


def _primitive(value: Any, name: str, path: KeyPath) -> Iterator[Mismatch]:
    fits = {
        "any": True,
        "bool": isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "string": isinstance(value, str),
    }[name]
    if not fits:
        wanted = {"bool": "true or false", "number": "a number", "string": "a string; put it in quotes"}[name]
        yield Mismatch(path, "wrong", f"{quote(value)} must be {wanted}.")


def _object(value: Any, kind: Object, whole: bool, path: KeyPath) -> Iterator[Mismatch]:
    known = kind.attributes
    if not isinstance(value, dict):
        yield Mismatch(path, "wrong", f"{quote(value)} must be a map with the keys {join_words(known)}.")
        return
    for key, item in value.items():
        if key in known:
            yield from find_mismatches(item, known[key].type, whole=whole, path=(*path, key))
        else:
            text = f"there is no such key.{did_you_mean(key, known) or f' Known here: {join_words(known)}.'}"
            yield Mismatch((*path, key), "unknown", text)
    if whole:
        for name, attribute in known.items():
            if not attribute.optional and name not in value:
                yield Mismatch(path, "missing", f"{name!r} is missing.")


def _example(kind: Collection) -> str:
    if isinstance(kind.element, Primitive):
        return ", e.g. [" + {"number": "1", "bool": "true"}.get(kind.element.name, '"a"') + "]"
    return ""
