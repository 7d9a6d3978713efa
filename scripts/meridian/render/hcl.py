"""Python values as HCL literals, formatted as `terraform fmt` formats them."""

import json
import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# Without quotes, HCL reads these keys as keywords.
_KEYWORDS = frozenset({"for", "if", "in", "null", "true", "false"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PLAIN = re.compile(r'[^"\\$%\x00-\x1f\x7f-\U0010ffff]*')
_MARKER = re.compile(r"(\$+|%+)\{")
_LINE = 120


class Expression(str):
    """HCL that is written unchanged, e.g. a reference; never built from a value of the inventory."""

    __slots__ = ()


def format_literal(value: Any, indent: int = 0, *, spread: bool = False) -> str:
    """Return HCL for a value made of maps, lists, strings, numbers, booleans and Expressions.

    The outermost map has one line for each entry; an inner map has one line if it fits. `indent` is the number
    of two-space steps before the literal; `spread` puts an empty line around entries of several lines.
    Raises ValueError for a number that is not finite, TypeError for None and other types.
    """
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, str):
        return quote_string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json.dumps(value, allow_nan=False)
    if isinstance(value, Mapping):
        return _map(_entries(value, indent + 1), indent, spread)
    if isinstance(value, list):
        return _list(value, indent)
    raise TypeError(f"{type(value).__name__} has no HCL literal")


def quote_string(text: str) -> str:
    """Return a string as a quoted template that evaluates nothing; invisible characters are escaped."""
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    escaped = "".join(_escaped(character) for character in text)
    return '"' + _MARKER.sub(_defused, escaped) + '"'


def _defused(marker: re.Match[str]) -> str:
    """Return `$${` for `${`; escape the brace after several signs or without an end, where parsers disagree."""
    signs = marker[1]
    ended = "}" in marker.string[marker.end() :]
    return f"{signs}{signs}{{" if len(signs) == 1 and ended else f"{signs}\\u007b"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _list(values: list[Any], indent: int) -> str:
    items = [_inner(value, indent + 1) for value in values]
    line = f"[{', '.join(items)}]"
    if "\n" not in line and len(line) <= _LINE:
        return line
    inner = "  " * (indent + 1)
    return "[\n" + "".join(f"{inner}{item},\n" for item in items) + "  " * indent + "]"


def _entries(values: Mapping[str, Any], indent: int) -> list[tuple[str, str]]:
    return [(_key(name), _inner(value, indent)) for name, value in values.items()]


def _inner(value: Any, indent: int) -> str:
    """Return the literal of a value inside another: a map has one line if it fits."""
    if not isinstance(value, Mapping):
        return format_literal(value, indent)
    entries = _entries(value, indent + 1)
    line = ", ".join(f"{key} = {text}" for key, text in entries)
    return f"{{ {line} }}" if line and "\n" not in line and len(line) + 4 <= _LINE else _map(entries, indent, False)


def _map(entries: list[tuple[str, str]], indent: int, spread: bool) -> str:
    if not entries:
        return "{}"
    lines: list[str] = []
    inner = "  " * (indent + 1)
    for several_lines, group in groupby(entries, lambda entry: "\n" in entry[1]):
        run = list(group)
        width = 0 if several_lines else max(len(key) for key, _ in run)
        for place, (key, text) in enumerate(run):
            if spread and lines and (several_lines or place == 0):
                lines.append("")
            lines.append(f"{inner}{key.ljust(width)} = {text}")
    return "{\n" + "\n".join(lines) + "\n" + "  " * indent + "}"


def _key(name: str) -> str:
    if _BARE_KEY.fullmatch(name) and name not in _KEYWORDS:
        return name
    # Formatters count the columns of other characters differently.
    return re.sub(r"[^\x00-\x7f]", lambda match: f"\\U{ord(match[0]):08x}", quote_string(name))
