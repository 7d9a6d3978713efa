"""Where the entries of a YAML text begin and end, and the text with an entry added, removed or replaced."""

import json
import re
from typing import Any

import yaml

from meridian.errors import UserError
from meridian.yamlfile import scalars
from meridian.yamlfile.problems import KeyPath

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9-]*|https://[A-Za-z0-9./_-]+|[0-9]+\.[0-9]+\.[0-9]+")
_BLOCK_SCALARS = frozenset({"|", ">"})


def find_node(text: str, path: KeyPath, name: str) -> Any:
    """Return the YAML node at a key path; `name` is the file in messages. Raises KeyError if there is none.

    Raises UserError for what PyYAML's own parser, the one with positions, refuses though libyaml reads it.
    """
    try:
        found: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        reason = "it has a character out of place"
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            reason = f"line {error.problem_mark.line + 1}: {error.problem}"
        raise uneditable(name, reason) from error
    for key in path:
        found = find_entry(found, str(key))[1]
    return found


def find_entry(owner: Any, key: str) -> tuple[Any, Any]:
    """Return the nodes of a key and its value in a map. Raises KeyError if it is not there."""
    for name, value in owner.value:
        if name.value == key:
            return name, value
    raise KeyError(key)


def find_end(text: str, found: Any) -> int:
    """Return the index after the last character of a node; what follows it may be a comment."""
    if isinstance(found, yaml.ScalarNode):
        index: int = found.end_mark.index
        return len(text[:index].rstrip()) if found.style in _BLOCK_SCALARS else index
    if found.flow_style or not found.value:
        return int(found.end_mark.index)
    last = found.value[-1]
    return find_end(text, last[1] if isinstance(found, yaml.MappingNode) else last)


def insert_entry(text: str, owner: Any, body: str, after: str | None = None, gap: bool = False) -> str:
    """Return the text with an entry (`body`, e.g. `eu-west-1: {}`) added to a map, last or after a key.

    `gap` puts an empty line before it, where entries have lines of their own.
    """
    if not owner.value:
        at = owner.start_mark.index + 1
        return f"{text[:at]}{body}{text[at:]}"
    at = find_end(text, find_entry(owner, after)[1] if after else owner.value[-1][1])
    if owner.flow_style:
        return f"{text[:at]}, {body}{text[at:]}"
    stop = _line_end(text, at)
    lead = newline(text) * (2 if gap else 1) + " " * owner.start_mark.column
    return f"{text[:stop]}{lead}{body}{text[stop:]}"


def delete_entry(text: str, owner: Any, key: str) -> str:
    """Return the text without an entry; comments on lines of their own stay."""
    name, value = find_entry(owner, key)
    begin, stop = name.start_mark.index, find_end(text, value)
    if not owner.flow_style:
        begin, after = text.rfind("\n", 0, begin) + 1, text.find("\n", stop) + 1
        return text[:begin] + text[after:] if after else text[: _line_end(text, begin - 1)]
    position = [pair[0].value for pair in owner.value].index(key)
    if position:
        before = find_end(text, owner.value[position - 1][1])
        return text[: before if "#" not in text[before:begin] else begin] + text[stop:]
    if len(owner.value) > 1:
        following = owner.value[1][0].start_mark.index
        if "#" not in text[stop:following]:
            return text[:begin] + text[following:]
        comma = text.index(",", stop)
        return text[:begin] + text[stop:comma] + text[comma + 1 :]
    return text[:begin] + text[stop:]


def replace_node(text: str, found: Any, body: str) -> str:
    """Return the text with a node replaced."""
    return text[: found.start_mark.index] + body + text[find_end(text, found) :]


def format_flow(value: Any) -> str:
    """Return a value on one line; strings that every YAML reader reads as strings stand without quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{format_flow(key)}: {format_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return json.dumps(value) if scalars.is_ambiguous(value) else value
    # A JSON text is a YAML text in double quotes.
    return json.dumps(value, ensure_ascii=False)


def uneditable(name: str, reason: str) -> UserError:
    """Return the error about a file whose text an edit could misread."""
    return UserError(
        f"{name} is written in a way that cannot be edited with certainty: {reason}. Nothing was changed.",
        "Write its maps plainly, one entry a line, or make this edit by hand.",
    )


def newline(text: str) -> str:
    """Return the line break of a text's first line."""
    return "\r\n" if text[: text.find("\n") + 1].endswith("\r\n") else "\n"


def _line_end(text: str, index: int) -> int:
    """Return where the line that holds an index ends, before its line break."""
    found = text.find("\n", index)
    if found < 0:
        return len(text)
    return found - 1 if text[:found].endswith("\r") else found
