"""Reads YAML into plain values with the line of each; refuses what YAML readers could hide or guess."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml import events as ev

from meridian.errors import UserError
from meridian.yamlfile import scalars, syntax
from meridian.yamlfile.problems import KeyPath, Problems, quote

MAX_DEPTH = 20
REFUSED = object()


@dataclass
class Document:
    """A map read from a file, the line of every key in it, and the problems found so far.

    Refused values are not in it; their keys have a line.
    """

    value: dict[str, Any]
    lines: dict[KeyPath, int]
    problems: Problems

    def line(self, path: KeyPath) -> int:
        """Return the line of a key, or of the nearest one above it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def has(self, path: KeyPath) -> bool:
        """Whether a key is in the file, even if its value was refused."""
        return path in self.lines

    def has_below(self, path: KeyPath) -> bool:
        """Whether a map or list in the file has entries, even if each was refused."""
        return any(len(one) > len(path) and one[: len(path)] == path for one in self.lines)

    def wrong(self, path: KeyPath, text: str) -> None:
        """Record a problem at a key."""
        self.problems.add(self.line(path), path, text)


def read_file(path: Path, name: str) -> Document:
    """Read a YAML file whose top is a map; `name` is what messages call it.

    Raises UserError for a file that is missing or not UTF-8; other problems are collected.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror or error}.") from error
    try:
        return parse_text(data.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError(f"{name}:{line}: is not UTF-8 text.", "Save it as UTF-8.") from error


def parse_text(text: str, name: str) -> Document:
    """Read YAML text whose top is a map. Problems are collected; UserError where reading cannot go on."""
    problems = Problems(name)
    for line in syntax.find_conflicts(text):
        problems.add(line, (), "is a merge conflict of git (<<<<<<<). Resolve it and remove the markers.")
    problems.require_none()
    builder = _Builder(problems)
    try:
        value = builder.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError) as error:
        problems.add(*syntax.describe_syntax_error(error, text))
    else:
        if isinstance(value, dict):
            return Document(value, builder.lines, problems)
        problems.add(1, (), "must be a map of keys to values.")
    raise problems.error()


class _Builder:
    """Turns parser events into values; one for each document."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.lines: dict[KeyPath, int] = {}
        self.events: Iterator[Any] = iter(())

    def document(self, events: Iterator[Any]) -> Any:
        """Return the value of the only document of the stream."""
        self.events = events
        value: Any = None
        documents = 0
        for event in events:
            if isinstance(event, ev.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.problems.add(_begin(event), (), "starts a second document; one file holds one.")
                    break
                value = self.node(next(events), ())
        return value

    def node(self, event: Any, path: KeyPath) -> Any:
        """Return the value that begins with `event`; REFUSED after a problem was recorded."""
        line = _begin(event)
        self.lines.setdefault(path, line)
        if len(path) > MAX_DEPTH:
            self.problems.add(line, path[:3], f"is nested more than {MAX_DEPTH} levels deep.")
            self.problems.require_none()
        if isinstance(event, ev.AliasEvent):
            self.problems.add(line, path, f"is an alias (*{event.anchor}); write the value out.")
            return REFUSED
        hidden = event.anchor is not None or event.tag not in {None, "!"}
        if event.anchor is not None:
            self.problems.add(line, path, f"has an anchor (&{event.anchor}), which hides values; remove it.")
        elif hidden:
            self.problems.add(line, path, f"has a tag ({event.tag}); write a plain value.")
        value = self.plain(event, path, line)
        return REFUSED if hidden else value

    def plain(self, event: Any, path: KeyPath, line: int) -> Any:
        """Return the value that begins with `event`, without regard to its anchor and tag."""
        if isinstance(event, ev.MappingStartEvent):
            return self.mapping(path)
        if isinstance(event, ev.SequenceStartEvent):
            return self.sequence(path)
        return self.scalar(event, path, line)

    def mapping(self, path: KeyPath) -> dict[str, Any]:
        """Return a map; its keys are strings, each once."""
        result: dict[str, Any] = {}
        while not isinstance(event := next(self.events), ev.MappingEndEvent):
            line = _begin(event)
            if not isinstance(event, ev.ScalarEvent):
                self.problems.add(line, path, "has a key that is not a string.")
                self.node(event, (*path, "?"))
                self.node(next(self.events), (*path, "?"))
                continue
            inner = (*path, event.value)
            if inner in self.lines:
                self.problems.add(line, inner, f"is a duplicate of line {self.lines[inner]}.")
                self.skipped(next(self.events), inner)
                continue
            self.lines[inner] = line
            sound = self.key_is_sound(event, path, line)
            value = self.node(next(self.events), inner)
            if sound and value is not REFUSED:
                result[event.value] = value
        return result

    def skipped(self, event: Any, path: KeyPath) -> None:
        """Skip a value without recording the problems below it."""
        other = _Builder(Problems(self.problems.file))
        other.events = self.events
        other.node(event, path)

    def key_is_sound(self, event: Any, path: KeyPath, line: int) -> bool:
        """Whether every YAML reader reads a key as the same string; else a problem is recorded."""
        inner = (*path, event.value)
        if event.anchor is not None or event.tag is not None:
            self.problems.add(line, inner, "has an anchor or a tag at its key; remove it.")
        elif event.implicit[0] and scalars.is_ambiguous(event.value):
            self.problems.add(line, inner, f"must be in quotes: YAML readers disagree on {quote(event.value)}.")
        else:
            return True
        return False

    def sequence(self, path: KeyPath) -> list[Any]:
        """Return a list."""
        result: list[Any] = []
        while not isinstance(event := next(self.events), ev.SequenceEndEvent):
            value = self.node(event, (*path, len(result)))
            if value is not REFUSED:
                result.append(value)
        return result

    def scalar(self, event: Any, path: KeyPath, line: int) -> Any:
        """Return a string, number or boolean, or REFUSED."""
        value = scalars.parse_plain(event.value) if event.implicit[0] else event.value
        if isinstance(value, scalars.Wrong):
            self.problems.add(line, path, value.text)
            return REFUSED
        return value


def _begin(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
