"""The outputs and the summary of a GitHub Actions job, from the reports in out/."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from meridian.errors import Exit
from meridian.gate.report import markdown
from meridian.options import HERE, RootOption
from meridian.report import read_report

NEXT = {
    "plan": "Fix the errors of the plan and run the job again: nothing was changed.",
    "scan": "Fix the findings, or accept them in scripts/policies/waivers.yaml: nothing was changed.",
    "apply": "Run the failed jobs again: units that are left are planned again, and applied if their plan is still the "
    "approved one. If it is not, run all jobs again and approve the new plan.",
    "verify": "The deployment does not work: commit a version that did, with `meridian rollback` or `git revert`.",
    "drift": "Run `make drift` on your machine: it says how to put the account back, or to accept what it is.",
    "audit": "Run the command that each finding names.",
    "review": "Fix the findings; an owner releases a change of the gate in the GitHub environment gate-change.",
}
DIGEST = Path("out/digest.json")


def outputs(
    commands: Annotated[
        list[str], typer.Argument(metavar="COMMAND...", help="Commands whose reports to read: plan, scan, ...")
    ],
    root: RootOption = HERE,
) -> int:
    """Write the last reports to the outputs and summary of a GitHub Actions job; outside of a job, to stdout.

    The outputs are `<command>=<verdict>` (`unknown` without a report); with plan `digest=` what `plan --digest
    out/digest.json` wrote; with impact `touched=` a JSON list of environments. The summary names the next action.
    Always exits with 0: the command itself already failed its step.

    Example: meridian outputs plan scan
    """
    reports = {command: read_report(root, command) for command in commands}
    lines = [f"{command}={report['verdict']}" for command, report in reports.items()]
    # A report may come from code of the change: another value could add an output.
    lines += [
        f"release={report['release']}" for report in reports.values() if report.get("release") in {"needed", "none"}
    ]
    if "impact" in reports:
        lines.append(f"touched={json.dumps(_touched(reports['impact']))}")
    if reports.get("plan", {}).get("verdict") == "ok" and (digest := _read_digest(root)):
        lines.append(f"digest={digest}")
    _append("GITHUB_OUTPUT", lines)
    _append("GITHUB_STEP_SUMMARY", _summary(root, reports))
    return Exit.OK


def _touched(report: Mapping[str, Any]) -> list[str]:
    """Return the environments whose units a change touches."""
    return sorted({one["unit"].partition("/")[0] for one in report.get("touched", ())})


def _summary(root: Path, reports: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for command, report in reports.items():
        yield f"### {command}: {report['verdict']}"
        yield ""
        for key in ("error", "hint"):
            if report.get(key):
                yield markdown.escape_text(str(report[key]))
                yield ""
        file = root / "out" / f"{command}.md"
        if file.is_file():
            yield file.read_text(encoding="utf-8")
    failed = next((command for command, report in reports.items() if report["verdict"] != "ok"), None)
    if failed:
        yield ""
        yield f"**Next:** {NEXT.get(failed, 'Run the job again.')}"


def _read_digest(root: Path) -> str:
    """Return the digest of the plan on one line; empty if there is none, which `apply --approved` refuses."""
    try:
        return json.dumps(json.loads((root / DIGEST).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return ""


def _append(variable: str, lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    if file := os.environ.get(variable):
        with Path(file).open("a", encoding="utf-8") as kept:
            kept.write(text)
    else:
        sys.stdout.write(text)
