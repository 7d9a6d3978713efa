"""The placeholders of a verify.yaml, filled in when a call is made, and the comparison of what came back."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from meridian.yamlfile.problems import KeyPath, did_you_mean, format_path, join_words, quote

NAMES = ("run_id", "region", "email", "subject")
ANSWER = "answer"
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.-]*)\}")


class NotFilled(Exception):
    """A placeholder has no value; the message is a part of a sentence that names it."""


def find_unknown_names(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield the place and the problem of every placeholder that does not exist."""
    for place, name in _placeholders(value, path):
        if name not in NAMES and not name.startswith(f"{ANSWER}."):
            known = join_words(f"{{{one}}}" for one in (*NAMES, f"{ANSWER}.FIELD"))
            yield place, f"there is no placeholder {{{name}}}.{did_you_mean(name, NAMES)} Known: {known}."


def is_own(value: Any) -> bool:
    """Return whether a value differs in every run, so that what it finds was made by the run."""
    return any(name != "region" for _, name in _placeholders(value, ()))


def needs_answer(value: Any) -> bool:
    """Return whether a value has a field of an answer in it."""
    return any(name.startswith(f"{ANSWER}.") for _, name in _placeholders(value, ()))


def fill_in(value: Any, values: Mapping[str, Any]) -> Any:
    """Return a value with its placeholders filled in; one that is a whole text keeps its type.

    Raises NotFilled if an answer lacks a field.
    """
    if isinstance(value, dict):
        return {key: fill_in(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [fill_in(one, values) for one in value]
    if not isinstance(value, str):
        return value
    if whole := _PLACEHOLDER.fullmatch(value):
        return _look_up(whole[1], values)
    return _PLACEHOLDER.sub(lambda found: str(_look_up(found[1], values)), value)


def find_difference(wanted: Any, seen: Any, path: KeyPath = ()) -> str:
    """Return the first difference as the end of a sentence, or nothing; a map may have more keys than are wanted."""
    at = format_path(path)
    if isinstance(wanted, Mapping):
        if not isinstance(seen, Mapping):
            return f"says {at} {quote(seen)}, wanted a map" if path else "is no map"
        for key, value in wanted.items():
            if key not in seen:
                return f"lacks {format_path((*path, key))}"
            if found := find_difference(value, seen[key], (*path, key)):
                return found
        return ""
    plain = float(seen) if isinstance(seen, Decimal) and isinstance(wanted, float) else seen
    # In Python, true is 1.
    same = plain == wanted and isinstance(plain, bool) == isinstance(wanted, bool)
    return "" if same else f"says {at} {quote(_readable(seen))}, wanted {quote(wanted)}"


def _readable(value: Any) -> Any:
    """Return a number of DynamoDB as people write it."""
    return (int(value) if value == int(value) else float(value)) if isinstance(value, Decimal) else value


def _look_up(name: str, values: Mapping[str, Any]) -> Any:
    found: Any = values
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise NotFilled(f"the answer has no field {name.removeprefix(f'{ANSWER}.')!r}")
        found = found[part]
    return found


def _placeholders(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _placeholders(one, (*path, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _placeholders(one, (*path, number))
    elif isinstance(value, str):
        yield from ((path, name) for name in _PLACEHOLDER.findall(value))
