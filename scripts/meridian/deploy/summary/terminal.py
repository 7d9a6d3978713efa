"""The summary for a terminal: nothing wider than the terminal, nothing cut off, plain without one."""

import os
from collections.abc import Callable, Iterable, Iterator

from rich.console import Console
from rich.text import Text

from meridian.deploy.summary import words
from meridian.deploy.summary.rows import Line, OutputRow, Row
from meridian.deploy.summary.summary import Summary

WIDTH = 100
INDENT = "    "
STYLES = {
    "delete": "bold red",
    "forget": "bold red",
    "create and forget": "bold red",
    "replace": "bold red",
    "update": "yellow",
    "create": "green",
    "deleted": "bold red",
    "changed": "yellow",
}
Styled = tuple[str, str]
"""A line and its style."""


def show_summary(summary: Summary) -> None:
    """Print the summary on stdout."""
    print_lines(lambda width: format_lines(summary, width))


def print_lines(lines: Callable[[int], Iterable[Styled]]) -> None:
    """Print on stdout the lines that a function returns for the terminal's width."""
    console = Console(soft_wrap=True)
    width = console.width if console.is_terminal or os.environ.get("COLUMNS") else WIDTH
    for line, style in lines(max(width, 40)):
        console.print(Text(line, style))


def format_lines(summary: Summary, width: int = WIDTH) -> Iterator[Styled]:
    """Yield the lines of the summary with their styles, dangerous changes first."""
    yield from format_section(f"{words.DANGEROUS}: {len(summary.dangers)}", "bold red", _dangers(summary), width)
    yield from format_section(words.CHANGES, "bold", _rows(summary, width - 2), width)
    yield from format_section(words.OUTPUTS, "bold", _outputs(summary), width)
    yield from format_section(words.NOT_YET_KNOWN, "bold", ((unit, "") for unit in summary.provisional), width)
    for sentence in filter(None, (summary.left_out, summary.total)):
        yield from ((line, "") for line in fold(sentence, width))


def format_section(title: str, style: str, body: Iterable[Styled], width: int) -> Iterator[Styled]:
    """Yield a title, its lines below it and an empty line; nothing without lines."""
    lines = list(body)
    if lines:
        yield from ((line, style) for line in fold(title, width))
        for text, look in lines:
            yield from ((line, look) for line in fold(text, width, "  "))
        yield "", ""


def _dangers(summary: Summary) -> Iterator[Styled]:
    for one in summary.dangers:
        yield f"{summary.where(one.regions, one.unit)}: {words.escape_control(one.sentence)}", "red"


def _rows(summary: Summary, width: int) -> Iterator[Styled]:
    for row in summary.rows:
        yield from format_row(row, summary.where(row.regions, row.unit), width)


def format_row(row: Row, where: str, width: int) -> Iterator[Styled]:
    """Yield the lines of one row; `where` names its regions and its unit."""
    style = STYLES.get(row.action, "")
    begin = f"{row.action:<7} {where}: {_resource(row)}"
    lines = [_line(one) for one in row.attributes if not one.computed] if row.action != "create" else []
    if len(lines) == 1 and len(f"{begin}: {lines[0]}") <= width:
        yield f"{begin}: {lines[0]}", style
    else:
        yield begin, style
        yield from ((f"{INDENT}{line}", "") for line in lines)
    if row.action != "create" and (computed := [one.path for one in row.attributes if one.computed]):
        yield f"{INDENT}known after apply: {words.escape_control(', '.join(computed))}", "dim"


def _resource(row: Row) -> str:
    address = words.escape_control(row.address)
    if row.previous:
        address = f"{words.escape_control(row.previous)} -> {address}"
    return f"{address} (id {words.escape_control(row.import_id)})" if row.import_id else address


def _line(one: Line) -> str:
    forces = " (forces the replacement)" if one.forces_replacement else ""
    return f"{words.escape_control(f'{one.path} {one.old} -> {one.new}')}{forces}"


def _outputs(summary: Summary) -> Iterator[Styled]:
    for row in summary.outputs:
        yield f"{summary.where(row.regions, row.unit)}: {_value(row)}{_read_by(row)}", ""


def _value(row: OutputRow) -> str:
    old = f"{row.old} -> " if row.old else ""
    return words.escape_control(f"{row.name} {old}{row.new}")


def _read_by(row: OutputRow) -> str:
    return f", read by {', '.join(row.readers)}" if row.readers else ""


def fold(text: str, width: int, indent: str = "") -> Iterator[str]:
    """Yield a text in lines of at most `width` characters, at spaces where there are some; no other character is lost.

    The first line begins with `indent`, the others with more; a text's own leading spaces count as its indent.
    """
    prefix = indent + text[: len(text) - len(text.lstrip(" "))]
    rest = text.lstrip(" ")
    while len(prefix) + len(rest) > width:
        room = width - len(prefix)
        cut = rest.rfind(" ", 1, room + 1)
        yield (prefix + (rest[:cut] if cut > 0 else rest[:room])).rstrip(" ")
        rest = rest[cut + 1 :] if cut > 0 else rest[room:]
        prefix = indent + INDENT + INDENT
    yield prefix + rest
