"""A YAML file under edit: outside of the edit every byte stays, comments and order included."""

import json
from copy import deepcopy
from typing import Any

from meridian.errors import UserError
from meridian.yamlfile import document, spans
from meridian.yamlfile.problems import KeyPath


class Draft:
    """The text of a YAML file, and the value that the text must have in the end; `name` is the file in messages.

    Every edit raises UserError for a text that cannot be edited with certainty, KeyError for a path that is not there.
    """

    def __init__(self, text: str, name: str) -> None:
        source = document.parse_text(text, name)
        source.problems.require_none()
        self.text = text
        self.name = name
        self.value = deepcopy(source.value)

    def at(self, path: KeyPath) -> Any:
        """Return the value at a key path; only this class changes it."""
        found: Any = self.value
        for key in path:
            found = found[key]
        return found

    def insert(self, path: KeyPath, key: str, value: Any, after: str | None = None) -> None:
        """Add an entry to the map at a path, last or after a key."""
        owner = self.at(path)
        body = f"{spans.format_flow(key)}: {spans.format_flow(value)}"
        self.text = spans.insert_entry(self.text, self._node(path), body, after)
        _put(owner, key, value, after)

    def delete(self, path: KeyPath) -> None:
        """Remove an entry; where it is the only one of its map, `{}` stays."""
        owner, key = self.at(path[:-1]), str(path[-1])
        found = self._node(path[:-1])
        if len(owner) == 1:
            self.text = spans.replace_node(self.text, found, "{}")
        else:
            self.text = spans.delete_entry(self.text, found, key)
        del owner[key]

    def replace(self, path: KeyPath, value: str) -> None:
        """Replace a string in the same quotes; an equal value stays as it is written."""
        if self.at(path) != value:
            found = self._node(path)
            quote = (
                found.style if found.style in ("'", '"') and value.isascii() and not set(value) & set("'\"\\") else ""
            )
            self.text = spans.replace_node(
                self.text, found, f"{quote}{value}{quote}" if quote else spans.format_flow(value)
            )
            self.at(path[:-1])[path[-1]] = value

    def copy(self, path: KeyPath, like: str, key: str) -> None:
        """Copy an entry of the map at a path, as it is written, behind itself under another key."""
        owner = self._node(path)
        name, value = spans.find_entry(owner, like)
        body = spans.format_flow(key) + self.text[name.end_mark.index : spans.find_end(self.text, value)]
        self.text = spans.insert_entry(self.text, owner, body, after=like, gap=True)
        _put(self.at(path), key, deepcopy(self.at((*path, like))), like)

    def done(self) -> str:
        """Return the edited text. Raises UserError unless it reads back as the value that it must have."""
        try:
            found = document.parse_text(self.text, self.name)
            found.problems.require_none()
        except UserError as error:
            raise spans.uneditable(self.name, error.message) from error
        if json.dumps(found.value) != json.dumps(self.value):
            raise spans.uneditable(self.name, "the edit would change other entries")
        return self.text

    def _node(self, path: KeyPath) -> Any:
        return spans.find_node(self.text, path, self.name)


def _put(owner: dict[str, Any], key: str, value: Any, after: str | None) -> None:
    items = list(owner.items())
    place = len(items) if after is None else list(owner).index(after) + 1
    owner.clear()
    owner.update([*items[:place], (key, value), *items[place:]])
