"""A YAML file under edit: outside of the edit every byte stays, comments and order included."""

import json
import re
from copy import deepcopy
from typing import Any

import yaml

from meridian.errors import UserError
from meridian.yamlfile import document, scalars
from meridian.yamlfile.problems import KeyPath

_BYTE_ORDER_MARK = "\ufeff"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|https://[A-Za-z0-9./_-]+|[0-9]+\.[0-9]+\.[0-9]+")


class Draft:
    """The text of a YAML file, and the value that the text must have in the end; `name` is the file in messages.

    Every edit raises UserError for a text that cannot be edited with certainty, KeyError for a path that is not there.
    """

    def __init__(self, text: str, name: str) -> None:
        self.value = deepcopy(document.parse_text(text, name).value)
        # The parser does not count the mark in its positions.
        self.text = text.removeprefix(_BYTE_ORDER_MARK)
        self.lead = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
        self.name = name

    def at(self, path: KeyPath) -> Any:
        """Return the value at a key path; only this class changes it."""
        found: Any = self.value
        for key in path:
            found = found[key]
        return found

    def insert(self, path: KeyPath, key: str, value: Any, after: str | None = None) -> None:
        """Add an entry to the map at a path, last or after a key."""
        self._insert(self._node(path), f"{_format(key)}: {_format(value)}", after)
        _put(self.at(path), key, value, after)

    def delete(self, path: KeyPath) -> None:
        """Remove an entry; comments on lines of their own stay. If it is the only one of its map, `{}` stays."""
        owner, key = self._node(path[:-1]), str(path[-1])
        place = [name.value for name, _ in owner.value].index(key)
        name, value = owner.value[place]
        begin, end = name.start_mark.index, self._end(value)
        if len(owner.value) == 1:
            self._replace(owner, "{}")
        elif not owner.flow_style:
            begin, after = self.text.rfind("\n", 0, begin) + 1, self.text.find("\n", end) + 1
            self.text = self.text[:begin] + self.text[after:] if after else self.text[: self._line_end(begin - 1)]
        else:
            if place:
                begin = self._end(owner.value[place - 1][1])
            else:
                end = owner.value[1][0].start_mark.index
            if "#" in self.text[begin:end]:
                raise self._uneditable(f"{key!r} stands beside a comment within braces")
            self.text = self.text[:begin] + self.text[end:]
        del self.at(path[:-1])[key]

    def replace(self, path: KeyPath, value: str | bool) -> None:
        """Replace a string or a boolean; an equal value stays as it is written."""
        if self.at(path) != value:
            self._replace(self._node(path), _format(value))
            self.at(path[:-1])[path[-1]] = value

    def copy(self, path: KeyPath, like: str, key: str) -> None:
        """Copy an entry of the map at a path, as it is written, behind itself under another key."""
        owner = self._node(path)
        name, value = _entry(owner, like)
        body = _format(key) + self.text[name.end_mark.index : self._end(value)]
        self._insert(owner, body, like, gap=True)
        _put(self.at(path), key, deepcopy(self.at((*path, like))), like)

    def done(self) -> str:
        """Return the edited text. Raises UserError unless it reads back as the value that it must have."""
        try:
            found = document.parse_text(self.text, self.name)
        except UserError as error:
            raise self._uneditable(error.message) from error
        if json.dumps(found.value) != json.dumps(self.value):
            raise self._uneditable("the edit would change other entries")
        return self.lead + self.text

    def _node(self, path: KeyPath) -> Any:
        """Return the YAML node at a key path."""
        found: Any = yaml.compose(self.text, Loader=yaml.CSafeLoader)
        for key in path:
            found = _entry(found, str(key))[1]
        return found

    def _insert(self, owner: Any, body: str, after: str | None, *, gap: bool = False) -> None:
        """Add an entry's text to a map; `gap` puts an empty line before it, where entries have lines of their own."""
        if not owner.value:
            at, lead = owner.start_mark.index + 1, ""
        else:
            at, lead = self._end(_entry(owner, after)[1] if after else owner.value[-1][1]), ", "
            if not owner.flow_style:
                at, lead = self._line_end(at), "\n" * (2 if gap else 1) + " " * owner.start_mark.column
        self.text = f"{self.text[:at]}{lead}{body}{self.text[at:]}"

    def _replace(self, found: Any, body: str) -> None:
        self.text = self.text[: found.start_mark.index] + body + self.text[self._end(found) :]

    def _end(self, found: Any) -> int:
        """Return the index after the last character of a node; a comment may follow."""
        index: int = found.end_mark.index
        if isinstance(found, yaml.ScalarNode):
            return len(self.text[:index].rstrip()) if found.style in {"|", ">"} else index
        if found.flow_style or not found.value:
            return index
        last = found.value[-1]
        return self._end(last[1] if isinstance(found, yaml.MappingNode) else last)

    def _line_end(self, index: int) -> int:
        """Return where the line that holds an index ends, before its line break."""
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found

    def _uneditable(self, reason: str) -> UserError:
        return UserError(
            f"{self.name} is written in a way that cannot be edited with certainty: {reason}. Nothing was changed.",
            "Write its maps plainly, one entry a line, or make this edit by hand.",
        )


def _entry(owner: Any, key: str) -> tuple[Any, Any]:
    """Return the nodes of a key and its value in a map. Raises KeyError if it is not there."""
    for name, value in owner.value:
        if name.value == key:
            return name, value
    raise KeyError(key)


def _format(value: Any) -> str:
    """Return a value on one line; strings that every YAML reader reads as strings stand without quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_format(key)}: {_format(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_format, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not scalars.is_ambiguous(value):
        return value
    # A JSON text is a YAML text in double quotes.
    return json.dumps(value, ensure_ascii=False)


def _put(owner: dict[str, Any], key: str, value: Any, after: str | None) -> None:
    items = list(owner.items())
    place = len(items) if after is None else list(owner).index(after) + 1
    owner.clear()
    owner.update([*items[:place], (key, value), *items[place:]])
