"""The summary as Markdown for GitHub: whole, or cut by whole rows to the length that GitHub accepts."""

from collections.abc import Iterable, Iterator, Sequence

from meridian.deploy.summary import words
from meridian.deploy.summary.rows import Line, OutputRow, Row
from meridian.deploy.summary.summary import Summary
from meridian.gate.report.markdown import escape_text, format_code

LONGEST = 65_536
"""The longest comment that GitHub accepts, in characters."""
RESERVED = 500
"""Characters for the sentence on what is left out."""
Section = tuple[str, list[str]]
"""A title and its rows."""


def format_markdown(summary: Summary, longest: int | None = None) -> str:
    """Return the summary; with `longest`, rows that do not fit are left out and counted."""
    head = [f"## Plan of {escape_text(summary.environment)}", "", summary.total, ""]
    head += [escape_text(summary.left_out), ""] if summary.left_out else []
    elsewhere = f"The job's summary and `meridian show {summary.environment}` have everything."
    return format_sections(head, _sections(summary), longest, elsewhere)


def format_sections(head: Sequence[str], sections: Iterable[Section], longest: int | None, elsewhere: str) -> str:
    """Return a head and sections; with `longest`, rows that do not fit are counted, and are to be found `elsewhere`."""
    text = "\n".join(head) + "\n"
    missing = []
    for title, rows in sections:
        if not rows:
            continue
        heading = f"### {title}\n\n"
        room = None if longest is None else longest - RESERVED - len(text) - len(heading) - 1
        fitting = _fitting(rows, room)
        text += heading + "".join(rows[:fitting]) + "\n" if fitting else ""
        if fitting < len(rows):
            missing.append(f"{len(rows) - fitting} of {len(rows)} under “{title}”")
    if missing:
        text += f"**Left out, too long for a comment:** {', '.join(missing)}. "
        text += f"{elsewhere}\n"
    return text


def _fitting(rows: list[str], room: int | None) -> int:
    """Return how many of the first rows fit into so many characters."""
    if room is None:
        return len(rows)
    for number, row in enumerate(rows):
        room -= len(row)
        if room < 0:
            return number
    return len(rows)


def _sections(summary: Summary) -> Iterator[Section]:
    yield (
        f"{words.DANGEROUS}: {len(summary.dangers)}",
        [f"- {summary.where(one.regions, one.unit)}: {escape_text(one.sentence)}\n" for one in summary.dangers],
    )
    yield words.NOT_YET_KNOWN, [f"- {format_code(unit)}\n" for unit in summary.provisional]
    yield words.CHANGES, [format_row(row, summary.where(row.regions, row.unit)) for row in summary.rows]
    yield words.OUTPUTS, [_output(summary, row) for row in summary.outputs]


def format_row(row: Row, where: str) -> str:
    """Return one row as an item of a list; `where` names its regions and its unit."""
    address = format_code(row.address)
    if row.previous:
        address = f"{format_code(row.previous)} -> {address}"
    if row.import_id:
        address += f" (id {format_code(row.import_id)})"
    text = f"- **{row.action}** {where}: {address}\n"
    if row.action == "create":
        return text
    text += "".join(f"  - {_line(one)}\n" for one in row.attributes if not one.computed)
    computed = ", ".join(format_code(one.path) for one in row.attributes if one.computed)
    return text + (f"  - known after apply: {computed}\n" if computed else "")


def _line(one: Line) -> str:
    forces = " **(forces the replacement)**" if one.forces_replacement else ""
    return f"{format_code(one.path)} {format_code(one.old)} -> {format_code(one.new)}{forces}"


def _output(summary: Summary, row: OutputRow) -> str:
    old = f"{format_code(row.old)} -> " if row.old else ""
    readers = f", read by {', '.join(row.readers)}" if row.readers else ""
    return f"- {summary.where(row.regions, row.unit)}: {format_code(row.name)} {old}{format_code(row.new)}{readers}\n"
