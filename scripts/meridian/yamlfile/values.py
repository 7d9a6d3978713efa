"""Reads single values of a document."""

from collections.abc import Callable, Mapping
from typing import Any

from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, quote


def read_map(source: Document, path: KeyPath, value: Any, wanted: str) -> dict[str, Any]:
    """Return the map at a key; for another value record a problem and return an empty map. Absence is not recorded."""
    if isinstance(value, dict):
        return value
    if value is not None:
        source.wrong(path, f"{quote(value)} must be {wanted}.")
    return {}


def read_text(source: Document, above: Mapping[str, Any], path: KeyPath, rule: Callable[[Any], str | None]) -> str:
    """Return the string at a key; if the rule has a message, record it and return an empty string."""
    key = str(path[-1])
    if key not in above:
        return ""
    wrong = rule(above[key])
    if wrong:
        source.wrong(path, wrong)
    return "" if wrong else str(above[key])
