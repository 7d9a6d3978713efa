"""Checks Python by Ruff's security rules; scripts/policies/python.toml configures them, `# noqa` is ignored."""

from collections.abc import Sequence
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.checkov.engine import HOME
from meridian.gate.finding import Finding
from meridian.gate.tools import program

CANARY = 'import subprocess\n\nsubprocess.run("ls " + input(), shell=True)\n'
CAUGHT = "RUFF_S602"
WHY = "A known way to make a Python program run, read or trust untrusted input."


def scan_python(root: Path, names: Sequence[str]) -> list[Finding]:
    """Return the findings of Ruff in files; CouldNotTell if it fails or cannot read one."""
    if not names:
        return []
    command = [program.find_program("ruff"), "check", "--ignore-noqa", "--no-cache", "--no-force-exclude"]
    command += ["--config", str(HOME / "scripts/policies/python.toml"), "--output-format", "json", "--", *names]
    answer, _ = program.run_program(command, root, {0, 1})
    found = []
    for row in answer:
        name = Path(row["filename"]).relative_to(root.resolve()).as_posix()
        code, message = str(row["code"]), row["message"]
        if not code.startswith("S"):
            raise CouldNotTell(f"{name}: Ruff cannot read it: {message}")
        fix = f"Rewrite it; Ruff's page on {code} shows how."
        found.append(
            program.file_finding(
                f"RUFF_{code}", f"{message}.", name, row["location"]["row"], why=WHY, fix=fix, title=message
            )
        )
    return found
