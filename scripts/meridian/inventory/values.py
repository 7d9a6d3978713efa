"""Reading one value of a document: absent, refused, of the wrong kind, or right."""

from collections.abc import Callable, Mapping
from typing import Any

from meridian.inventory.document import Document
from meridian.inventory.problems import KeyPath, shown


def map_at(source: Document, path: KeyPath, value: Any, wanted: str) -> dict[str, Any]:
    """Return the map at a key; an empty one after recording that it is none. Absence is the caller's to report."""
    if isinstance(value, dict):
        return value
    if value is not None:
        source.wrong(path, f"{shown(value)} must be {wanted}.")
    return {}


def text_at(source: Document, above: Mapping[str, Any], path: KeyPath, rule: Callable[[Any], str | None]) -> str:
    """Return the text at a key if the rule finds nothing wrong with it; else record what is, and return ``."""
    key = str(path[-1])
    if key not in above:
        return ""
    wrong = rule(above[key])
    if wrong:
        source.wrong(path, wrong)
    return "" if wrong else str(above[key])
