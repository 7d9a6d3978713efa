"""The drift for a terminal and as Markdown, with both ways out of it."""

from collections.abc import Callable, Iterator, Sequence

from meridian.deploy.drift.drift import Drift
from meridian.deploy.summary import markdown, terminal
from meridian.deploy.summary.rows import Row
from meridian.deploy.summary.terminal import INDENT, Styled
from meridian.gate.report.markdown import escape_text, format_code

DRIFTED = "Drift: from what was applied to what AWS has"
FOLLOWING = "Changes with it"
NOT_APPLIED = "Not applied yet, no drift: from what AWS has to the configuration"
NOT_DEPLOYED = "Without a state: never applied"
ACCEPT = "to accept it, edit"


def put_back(arguments: str) -> list[str]:
    """Return the commands that undo the drift of an environment."""
    return [f"meridian plan {arguments}", f"meridian apply {arguments}"]


def format_lines(drift: Drift, arguments: str, width: int) -> Iterator[Styled]:
    """Yield the lines of the drift with their styles; `arguments` name environment and target in commands."""
    yield from terminal.format_section(DRIFTED, "bold red", _drifted(drift, width - 2), width)
    for title, rows in ((FOLLOWING, drift.following), (NOT_APPLIED, drift.not_applied)):
        yield from terminal.format_section(title, "bold", _rows(drift, rows, width - 2), width)
    yield from terminal.format_section(NOT_DEPLOYED, "bold", ((unit, "") for unit in drift.not_deployed), width)
    for sentence in filter(None, (drift.summary.left_out, drift.total, *_ways(drift, arguments, "`{}`".format))):
        yield from ((line, "") for line in terminal.fold(sentence, width))


def format_markdown(drift: Drift, arguments: str) -> str:
    """Return the drift as GitHub accepts it in an issue or a comment."""
    head = [f"## Drift of {escape_text(drift.summary.environment)}", "", drift.total, ""]
    for sentence in filter(None, (escape_text(drift.summary.left_out), *_ways(drift, arguments, format_code))):
        head += [sentence, ""]
    sections = [
        (
            DRIFTED,
            [
                markdown.format_row(one.row, drift.where(one.row))
                + "".join(f"  - {ACCEPT} {format_code(place)}\n" for place in one.accept)
                for one in drift.drifted
            ],
        ),
        (FOLLOWING, [markdown.format_row(row, drift.where(row)) for row in drift.following]),
        (NOT_APPLIED, [markdown.format_row(row, drift.where(row)) for row in drift.not_applied]),
        (NOT_DEPLOYED, [f"- {format_code(unit)}\n" for unit in drift.not_deployed]),
    ]
    elsewhere = f"`meridian drift {arguments}` shows everything."
    return markdown.format_sections(head, sections, markdown.LONGEST, elsewhere)


def _ways(drift: Drift, arguments: str, quote: Callable[[str], str]) -> Iterator[str]:
    """Yield a sentence for each way out; none without drift."""
    if not drift.drifted:
        return
    also = " This also applies what is not applied yet." if drift.not_applied or drift.not_deployed else ""
    yield f"Put it back: {', then '.join(map(quote, put_back(arguments)))}.{also}"
    yield f"Accept it: edit the named lines, then {quote('meridian generate')}."


def _drifted(drift: Drift, width: int) -> Iterator[Styled]:
    for one in drift.drifted:
        yield from terminal.format_row(one.row, drift.where(one.row), width)
        yield from ((f"{INDENT}{ACCEPT} {place}", "dim") for place in one.accept)


def _rows(drift: Drift, rows: Sequence[Row], width: int) -> Iterator[Styled]:
    for row in rows:
        yield from terminal.format_row(row, drift.where(row), width)
