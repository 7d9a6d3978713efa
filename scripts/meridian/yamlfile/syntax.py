"""Explains why a text is not YAML."""

import re

import yaml

from meridian.yamlfile.problems import KeyPath

_CONFLICT = re.compile(r"^<{7}(?= |$)", re.MULTILINE)


def find_conflicts(text: str) -> list[int]:
    """Return the lines (counted from 1) that begin a merge conflict of git."""
    return [text.count("\n", 0, found.start()) + 1 for found in _CONFLICT.finditer(text)]


def describe_syntax_error(error: yaml.MarkedYAMLError | yaml.reader.ReaderError, text: str) -> tuple[int, KeyPath, str]:
    """Return line, key path and message of a parser's error."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, max(error.position, 0)) + 1
        return line, (), f"holds a character that YAML does not allow: {error.reason}."
    mark = error.problem_mark or error.context_mark
    reason = error.problem or error.context
    if mark and text[mark.index : mark.index + 1] == "\t":
        reason = "a tab begins here; indent with spaces"
    return mark.line + 1 if mark else 1, (), f"is not YAML: {reason}."
