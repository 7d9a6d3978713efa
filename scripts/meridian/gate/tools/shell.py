"""Checks shell scripts by ShellCheck; a comment that switches a check off is a finding."""

import re
from collections.abc import Sequence
from pathlib import Path

from meridian.gate.finding import Finding
from meridian.gate.tools import program

CANARY = "#!/bin/sh\nrm -r $1/$2\n"
CAUGHT = "SC2086"
WHY = "A script that splits or expands a value by accident does something else for another file name."
DISABLED = re.compile(r"#\s*shellcheck\s+.*\bdisable\b", re.IGNORECASE)


def scan_shell(root: Path, names: Sequence[str]) -> list[Finding]:
    """Return the findings of ShellCheck in scripts; CouldNotTell if it fails."""
    if not names:
        return []
    command = [program.find_program("shellcheck"), "--norc", "--format=json1", "--severity=style", "--", *names]
    answer, _ = program.run_program(command, root, {0, 1})
    rows = [(f"SC{one['code']}", one["message"], one["file"], one["line"]) for one in answer["comments"]]
    for name in names:
        lines = (root / name).read_text(encoding="utf-8", errors="replace").splitlines()
        rows += [
            ("SC0000", "A comment switches off a check of ShellCheck.", name, number)
            for number, line in enumerate(lines, 1)
            if DISABLED.search(line)
        ]
    return [program.file_finding(*row, why=WHY, fix=f"See https://www.shellcheck.net/wiki/{row[0]}.") for row in rows]
