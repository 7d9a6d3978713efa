"""Checks workflows by zizmor (for attacks) and actionlint (for mistakes)."""

import re
from collections.abc import Sequence
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.finding import Finding
from meridian.gate.tools import program

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
ATTACK = "A workflow has rights on the repository; this gives an attacker those rights, or the workflow too many."
MISTAKE = "GitHub refuses such a workflow, or runs it differently from how it reads."
MISTAKES = "See https://github.com/rhysd/actionlint/blob/v1.7.7/docs/checks.md."
COMPLETED = re.compile(r"completed (\S+)\s*$", re.MULTILINE)
# zizmor exits with 10 + the severity of the worst finding; 0 without one.
ZIZMOR_CODES = {0, 10, 11, 12, 13, 14}


def scan_workflows(root: Path, workflows: Sequence[str], actions: Sequence[str]) -> list[Finding]:
    """Return the findings in workflows and actions; CouldNotTell if a tool fails or skips a file."""
    found = _run_zizmor(root, [*workflows, *actions]) if workflows or actions else []
    return found + (_run_actionlint(root, workflows) if workflows else [])


def _run_zizmor(root: Path, names: Sequence[str]) -> list[Finding]:
    command = [program.find_program("zizmor"), "--offline", "--persona=pedantic", "--format=json", "--no-progress"]
    command += ["--no-config", "--no-ignores", "--strict-collection", "--", *names]
    answer, said = program.run_program(command, root, ZIZMOR_CODES)
    if missing := sorted(set(names) - set(COMPLETED.findall(said))):
        raise CouldNotTell(f"zizmor skipped {', '.join(missing)}.")
    found = []
    for one in answer:
        place = next((at for at in one["locations"] if at["symbolic"]["kind"] == "Primary"), one["locations"][0])
        check = f"ZIZMOR_{one['ident'].upper().replace('-', '_')}"
        what = f"{one['desc']}: {place['symbolic']['annotation']}."
        file = next(iter(place["symbolic"]["key"].values()))["verbatim_path"]
        line = place["concrete"]["location"]["start_point"]["row"] + 1
        found.append(program.file_finding(check, what, file, line, why=ATTACK, fix=f"See {one['url']}."))
    return found


def _run_actionlint(root: Path, names: Sequence[str]) -> list[Finding]:
    command = [program.find_program("actionlint"), "-format", "{{json .}}", "-no-color"]
    command += ["-config-file", "/dev/null", "-shellcheck", program.find_program("shellcheck")]
    answer, _ = program.run_program([*command, "-pyflakes", "", *names], root, {0, 1})
    found = []
    for one in answer or ():
        check = f"ACTIONLINT_{one['kind'].upper().replace('-', '_')}"
        found.append(
            program.file_finding(check, one["message"], one["filepath"], one["line"], why=MISTAKE, fix=MISTAKES)
        )
    return found
