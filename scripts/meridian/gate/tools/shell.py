"""Checks shell scripts by ShellCheck; a comment that switches a check off is a finding."""

import re
from collections.abc import Sequence
from pathlib import Path

from meridian.gate.finding import Finding
from meridian.gate.tools import program
from meridian.gate.tools.found import file_finding

TOOL = "shellcheck"
CANARY = "#!/bin/sh\nrm -r $1/$2\n"
CAUGHT = "SC2086"
WHY = "A script that splits or expands a value by accident does something else for another file name."
DISABLED = re.compile(r"#\s*shellcheck\s+.*\bdisable\b", re.IGNORECASE)


def scan_shell(root: Path, names: Sequence[str]) -> list[Finding]:
    """Return the findings of ShellCheck in scripts; CouldNotTell if it fails."""
    if not names:
        return []
    command = [str(program.venv_program(TOOL)), "--norc", "--format=json1", "--severity=style", "--", *names]
    answer, _ = program.run_program(command, root, {0, 1})
    rows = [_finding(f"SC{one['code']}", one["message"], one["file"], one["line"]) for one in answer["comments"]]
    for name in names:
        for number, line in enumerate((root / name).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if DISABLED.search(line):
                text = "A comment switches off a check of ShellCheck."
                rows.append(_finding("SC0000", text, name, number))
    return rows


def _finding(check: str, message: str, file: str, line: int) -> Finding:
    fix = f"See https://www.shellcheck.net/wiki/{check}."
    return file_finding(check, message, file, line, why=WHY, fix=fix)
