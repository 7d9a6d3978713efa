"""Reads YAML into plain values with the line of each; refuses what YAML readers could hide or guess."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml import events as ev

from meridian.errors import UserError
from meridian.yamlfile import scalars
from meridian.yamlfile.problems import KeyPath, Problems, quote

MAX_DEPTH = 20
_CONFLICT = re.compile(r"^<{7}(?= |$)", re.MULTILINE)


@dataclass
class Document:
    """A map read from a file, the line of every key in it, and the problems that its reader found so far."""

    value: dict[str, Any]
    lines: dict[KeyPath, int]
    problems: Problems

    def line(self, path: KeyPath) -> int:
        """Return the line of a key, or of the nearest one above it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def has(self, path: KeyPath) -> bool:
        """Whether a key is in the file."""
        return path in self.lines

    def wrong(self, path: KeyPath, text: str) -> None:
        """Record a problem at a key."""
        self.problems.add(self.line(path), path, text)

    def read_map(self, path: KeyPath, value: Any, wanted: str, *, filled: bool = False) -> dict[str, Any]:
        """Return the map at a key; for another value, or an empty map if it must be `filled`, record a problem."""
        if isinstance(value, dict) and (value or not filled):
            return value
        if value is not None:
            self.wrong(path, f"{quote(value)} must be {wanted}.")
        return {}

    def read_text(self, above: Mapping[str, Any], path: KeyPath, rule: Callable[[Any], str | None]) -> str:
        """Return the string at a key; if the rule has a message, record it and return an empty string."""
        key = str(path[-1])
        wrong = rule(above[key]) if key in above else None
        if wrong:
            self.wrong(path, wrong)
        return "" if wrong else str(above.get(key, ""))


def read_file(path: Path, name: str) -> Document:
    """Read a YAML file whose top is a map; `name` is what messages call it. Raises UserError like `parse_text`."""
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
    """Read YAML text whose top is a map. Raises UserError with every line that is not plain YAML."""
    problems = Problems(name)
    for found in _CONFLICT.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        problems.add(line, (), "is a merge conflict of git (<<<<<<<). Resolve it and remove the markers.")
    problems.require_none()
    builder = _Builder(problems)
    try:
        value = builder.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError) as error:
        value = {}
        problems.add(*_syntax_error(error, text))
    if not isinstance(value, dict):
        problems.add(1, (), "must be a map of keys to values.")
    problems.require_none()
    return Document(value, builder.lines, problems)


def _syntax_error(error: yaml.MarkedYAMLError | yaml.reader.ReaderError, text: str) -> tuple[int, KeyPath, str]:
    """Return line, key path and message of a parser's error."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, max(error.position, 0)) + 1
        return line, (), f"holds a character that YAML does not allow: {error.reason}."
    mark = error.problem_mark or error.context_mark
    reason = error.problem or error.context
    if mark and text[mark.index : mark.index + 1] == "\t":
        reason = "a tab begins here; indent with spaces"
    return mark.line + 1 if mark else 1, (), f"is not YAML: {reason}."


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
        """Return the value that begins with `event`."""
        line = _begin(event)
        self.lines.setdefault(path, line)
        if len(path) > MAX_DEPTH:
            self.problems.add(line, path[:3], f"is nested more than {MAX_DEPTH} levels deep.")
            self.problems.require_none()
        if isinstance(event, ev.AliasEvent):
            self.problems.add(line, path, f"is an alias (*{event.anchor}); write the value out.")
            return None
        if event.anchor is not None:
            self.problems.add(line, path, f"has an anchor (&{event.anchor}), which hides values; remove it.")
        elif event.tag not in {None, "!"}:
            self.problems.add(line, path, f"has a tag ({event.tag}); write a plain value.")
        if isinstance(event, ev.MappingStartEvent):
            return self.mapping(path)
        if isinstance(event, ev.SequenceStartEvent):
            return self.sequence(path)
        try:
            return scalars.parse_plain(event.value) if event.implicit[0] else event.value
        except ValueError as error:
            self.problems.add(line, path, str(error))
            return None

    def mapping(self, path: KeyPath) -> dict[str, Any]:
        """Return a map; its keys are strings, each once."""
        result: dict[str, Any] = {}
        while not isinstance(event := next(self.events), ev.MappingEndEvent):
            line = _begin(event)
            if not isinstance(event, ev.ScalarEvent):
                self.problems.add(line, path, "has a key that is not a string.")
                self.skip(event)
                self.skip(next(self.events))
                continue
            inner = (*path, event.value)
            if inner in self.lines:
                self.problems.add(line, inner, f"is a duplicate of line {self.lines[inner]}.")
                self.skip(next(self.events))
                continue
            self.lines[inner] = line
            if event.anchor is not None or event.tag is not None:
                self.problems.add(line, inner, "has an anchor or a tag at its key; remove it.")
            elif event.implicit[0] and scalars.is_ambiguous(event.value):
                self.problems.add(line, inner, f"must be in quotes: YAML readers disagree on {quote(event.value)}.")
            result[event.value] = self.node(next(self.events), inner)
        return result

    def sequence(self, path: KeyPath) -> list[Any]:
        """Return a list."""
        result: list[Any] = []
        while not isinstance(event := next(self.events), ev.SequenceEndEvent):
            result.append(self.node(event, (*path, len(result))))
        return result

    def skip(self, event: Any) -> None:
        """Pass over the value that begins with `event`."""
        depth = 0
        while True:
            depth += isinstance(event, ev.CollectionStartEvent) - isinstance(event, ev.CollectionEndEvent)
            if not depth:
                return
            event = next(self.events)


def _begin(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
