"""A verdict as Markdown for a pull request. Texts of the change under review are shown, never rendered.

Sources: CommonMark 0.31, "Backslash escapes" and "Code spans"; GitHub Flavored Markdown, "Autolinks" and "Tables".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SHOWN = 50
UNITS = 6
PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&$])")
# What a code host makes a link or a mention of, wherever it stands in a text.
LINKED = re.compile(r"@(?=\w)|#(?=\d)|(?<=www)\.|:(?=//)|(?<=\w)@", re.IGNORECASE)


def escape_text(value: str) -> str:
    """Return a text escaped, so that its markup, links, mentions and HTML are not rendered."""
    broken = LINKED.sub(lambda match: f"{match[0]}\u200b", _line(value))
    return PUNCTUATION.sub(r"\\\1", broken)


def format_code(value: str) -> str:
    """Return a text as a code span, also one that holds backticks or stands in a table."""
    shown = _line(value).replace("|", "\\|")
    fence = "`" * (_longest(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def format_fenced(value: str, language: str) -> Iterator[str]:
    """Yield a text as a block of code that it cannot end."""
    fence = "`" * max(3, _longest(value) + 1)
    yield f"{fence}{language}"
    yield from ("".join(c for c in line if c.isprintable() or c == "\t") for line in value.splitlines())
    yield fence


def format_report(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what out/scan.json holds, worst first; `body` is that report."""
    if "error" in body:
        yield f"**The gate has no verdict:** {escape_text(str(body['error']))}"
        return
    findings, accepted = _rows(body, "findings"), _rows(body, "accepted")
    refused = escape_text(str(body.get("fail_on")))
    yield f"**{len(findings)} findings**, {len(accepted)} accepted; {refused} or worse fails."
    yield ""
    if findings:
        yield "| severity | check | where | what, and what to write instead |"
        yield "|---|---|---|---|"
    for row in findings[:SHOWN]:
        yield _finding(row)
    if len(findings) > SHOWN:
        yield f"| | | | {len(findings) - SHOWN} more |"
    if findings:
        yield ""
    yield from (_waived(row, "- accepted: ") for row in accepted[:SHOWN])
    if facts := _rows(body, "not_applicable"):
        yield f"<details><summary>{len(facts)} checks do not apply</summary>"
        yield ""
        yield from (_waived(row, "- ") for row in facts[:SHOWN])
        yield ""
        yield "</details>"
    yield from _scanned(body)


def _waived(row: Mapping[str, Any], begin: str) -> str:
    return f"{begin}{_check(row)} {_where(row)}: {escape_text(str(row.get('waiver')))}"


def _finding(row: Mapping[str, Any]) -> str:
    units = [_place(one) for one in _rows(row, "places") if one.get("environment")]
    more = f" and {len(units) - UNITS} more" if len(units) > UNITS else ""
    where = _where(row) + "".join(f"<br>{format_code(unit)}" for unit in units[:UNITS]) + more
    provisional = " (provisional)" if row.get("provisional") else ""
    said = f"{escape_text(str(row.get('what')))}<br>{escape_text(str(row.get('fix')))}"
    return f"| {escape_text(str(row.get('severity')))}{provisional} | {_check(row)} | {where} | {said} |"


def _scanned(body: Mapping[str, Any]) -> Iterator[str]:
    scanned = _rows(body, "scanned")
    things = [one for one in scanned if not _number(one.get("files"))]
    resources, results = (sum(_number(one.get(name)) for one in things) for name in ("resources", "results"))
    names = ", ".join(format_code(str(one.get("name"))) for one in things[:SHOWN])
    yield ""
    yield f"Scanned {len(things)} modules and plans, {resources} resources, {results} results: {names}."
    for one in scanned:
        if files := _number(one.get("files")):
            yield f"- {escape_text(str(one.get('name')))}: {files} files"


def _check(row: Mapping[str, Any]) -> str:
    name, page = str(row.get("check")), str(row.get("guideline") or "")
    return (
        f"[{escape_text(name)}](../blob/HEAD/{page})"
        if re.fullmatch(r"docs/[a-z.]+#[a-z0-9_]+", page)
        else format_code(name)
    )


def _where(row: Mapping[str, Any]) -> str:
    line = _number(row.get("line"))
    return format_code(f"{row.get('file')}:{line}" if line else str(row.get("file")))


def _place(row: Mapping[str, Any]) -> str:
    unit = "/".join(str(row[name]) for name in ("environment", "region", "unit") if row.get(name))
    return f"{unit} {row.get('resource') or ''}".strip()


def _rows(body: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    rows = body.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _line(value: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())


def _longest(value: str) -> int:
    return max((len(run) for run in re.findall("`+", value)), default=0)
