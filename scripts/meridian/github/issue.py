"""One GitHub issue per environment: what the daily job found, updated in place, closed when there is nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from meridian.console import say
from meridian.errors import Exit
from meridian.gate.report import markdown
from meridian.github.api import call_github, read_pages
from meridian.github.command import AUTHOR
from meridian.options import HERE, RootOption
from meridian.report import read_report

LONGEST = 60_000
"""The longest body, in characters; GitHub accepts 65,536."""
LISTED = 50
STATES = {"ok": "clean", "findings": "needs attention"}
"""The state of an issue by verdict; every other verdict is "could not tell"."""


def issue(
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="An environment of live/inventory.yaml.")],
    commands: Annotated[
        list[str], typer.Argument(metavar="COMMAND...", help="Commands whose reports to read: scan, drift, audit.")
    ],
    root: RootOption = HERE,
) -> int:
    """Create, update or close the GitHub issue of an environment from the last reports.

    The issue is open while a command has findings or could not tell, and is closed when all are clean.

    Example: meridian issue dev scan drift audit
    """
    reports = {command: read_report(root, command) for command in commands}
    state = _state(reports)
    mark = f"<!-- meridian daily {environment} -->"
    found = next((one for one in read_pages("issues") if _is_ours(one, mark)), None)
    title = f"{environment}: {state}"
    body = "\n".join([mark, *_format(root, environment, state, reports)])[:LONGEST]
    clean = state == STATES["ok"]
    if found is not None:
        change = {"title": title, "body": body, **({"state": "closed"} if clean else {})}
        call_github("PATCH", f"issues/{found['number']}", change)
        say(f"Issue {found['number']} is {'closed' if clean else 'updated'}: {title}.")
    elif clean:
        say(f"{title}: no issue is open, none is needed.")
    else:
        made = call_github("POST", "issues", {"title": title, "body": body})
        say(f"Issue {made['number']} is new: {title}.")
    return Exit.OK


def _state(reports: Mapping[str, Mapping[str, Any]]) -> str:
    verdicts = {str(report["verdict"]) for report in reports.values()}
    if verdicts - STATES.keys():
        return "could not tell"
    return STATES["findings" if "findings" in verdicts else "ok"]


def _is_ours(one: Mapping[str, Any], mark: str) -> bool:
    return "pull_request" not in one and one["user"]["login"] == AUTHOR and str(one["body"] or "").startswith(mark)


def _format(root: Path, environment: str, state: str, reports: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield f"Daily check of **{markdown.escape_text(environment)}**: {state}."
    for command, report in reports.items():
        yield ""
        yield f"## {command}: {report['verdict']}"
        yield ""
        for key in ("error", "hint"):
            if report.get(key):
                yield markdown.escape_text(str(report[key]))
        file = root / "out" / f"{command}.md"
        if file.is_file():
            yield file.read_text(encoding="utf-8")
        elif command == "audit":
            rows = report.get("findings", [])
            yield from (_finding(row) for row in rows[:LISTED])
            if len(rows) > LISTED:
                yield f"- {len(rows) - LISTED} more"
        yield ""
        yield f"On your machine: `make {command} ENV={environment}`"


def _finding(row: Mapping[str, Any]) -> str:
    unit, sentence, command = (str(row.get(key, "")) for key in ("unit", "sentence", "command"))
    return f"- {markdown.escape_text(f'{unit}: {sentence}')}: {markdown.format_code(command)}"
