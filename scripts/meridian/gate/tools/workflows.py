"""Checks workflows by zizmor (for attacks) and actionlint (for mistakes)."""

import re
from collections.abc import Sequence
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.finding import Finding
from meridian.gate.tools import program
from meridian.gate.tools.found import file_finding

ZIZMOR, ACTIONLINT = "zizmor", "actionlint"
CANARY = """\
on: pull_request_target
jobs:
  canary:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }} ${{ nothing }}"
"""
CAUGHT = ("ZIZMOR_TEMPLATE_INJECTION", "ZIZMOR_UNPINNED_USES", "ACTIONLINT_EXPRESSION")
WHY = {
    ZIZMOR: "A workflow has rights on the repository; this gives an attacker those rights, or the workflow too many.",
    ACTIONLINT: "GitHub refuses such a workflow, or runs it otherwise than it reads.",
}
COMPLETED = re.compile(r"completed (\S+)\s*$", re.MULTILINE)
# zizmor exits with 10 + the severity of the worst finding; 0 without one.
ZIZMOR_CODES = {0, 10, 11, 12, 13, 14}


def scan_workflows(root: Path, workflows: Sequence[str], actions: Sequence[str]) -> list[Finding]:
    """Return the findings in workflows and actions; CouldNotTell if a tool fails or skips a file."""
    return [*_zizmor(root, [*workflows, *actions]), *_actionlint(root, workflows)]


def _zizmor(root: Path, names: Sequence[str]) -> list[Finding]:
    if not names:
        return []
    command = [str(program.venv_program(ZIZMOR)), "--offline", "--persona=pedantic", "--format=json", "--no-progress"]
    command += ["--no-config", "--no-ignores", "--strict-collection", "--", *names]
    answer, said = program.run_program(command, root, ZIZMOR_CODES)
    if missing := sorted(set(names) - set(COMPLETED.findall(said))):
        raise CouldNotTell(f"zizmor skipped {', '.join(missing)}.")
    rows = []
    for one in answer:
        (place, *_) = [at for at in one["locations"] if at["symbolic"]["kind"] == "Primary"] or one["locations"]
        check = f"ZIZMOR_{one['ident'].upper().replace('-', '_')}"
        file = next(iter(place["symbolic"]["key"].values()))["verbatim_path"]
        line = place["concrete"]["location"]["start_point"]["row"] + 1
        note = place["symbolic"]["annotation"]
        rows.append(_finding(ZIZMOR, check, f"{one['desc']}: {note}.", file, line, one["url"]))
    return rows


def _actionlint(root: Path, names: Sequence[str]) -> list[Finding]:
    if not names:
        return []
    command = [str(program.tool_program(ACTIONLINT)), "-format", "{{json .}}", "-no-color", "-config-file", "/dev/null"]
    command += ["-shellcheck", str(program.venv_program("shellcheck")), "-pyflakes", "", *names]
    answer, _ = program.run_program(command, root, {0, 1})
    return [
        _finding(
            ACTIONLINT,
            f"ACTIONLINT_{one['kind'].upper().replace('-', '_')}",
            one["message"],
            one["filepath"],
            one["line"],
            "https://github.com/rhysd/actionlint/blob/v1.7.7/docs/checks.md",
        )
        for one in answer or ()
    ]


def _finding(tool: str, check: str, what: str, file: str, line: int, page: str) -> Finding:
    return file_finding(check, what, file, line, why=WHY[tool], fix=f"See {page}.")
