"""Checks Python by Ruff's security rules; scripts/policies/python.toml configures them, `# noqa` is ignored."""

from collections.abc import Sequence
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.checkov.engine import HOME
from meridian.gate.finding import Finding
from meridian.gate.tools import program
from meridian.gate.tools.found import file_finding

TOOL = "ruff"
SETTINGS = Path("scripts/policies/python.toml")
CANARY = 'import subprocess\n\nsubprocess.run("ls " + input(), shell=True)\n'
CAUGHT = "RUFF_S602"
WHY = "A known way to make a Python program run, read or trust untrusted input."


def scan_python(root: Path, names: Sequence[str], home: Path = HOME) -> list[Finding]:
    """Return the findings of Ruff in files; CouldNotTell if it fails or cannot read one."""
    if not names:
        return []
    command = [str(program.venv_program(TOOL)), "check", "--ignore-noqa", "--no-cache", "--no-force-exclude"]
    command += ["--config", str(home / SETTINGS), "--output-format", "json", "--", *names]
    answer, _ = program.run_program(command, root, {0, 1})
    rows = []
    for one in answer:
        name = Path(one["filename"]).relative_to(root.resolve()).as_posix()
        code = str(one["code"])
        if not code.startswith("S"):
            raise CouldNotTell(f"{name}: Ruff cannot read it: {one['message']}")
        rows.append(_finding(f"RUFF_{code}", one["message"], name, one["location"]["row"]))
    return rows


def _finding(check: str, message: str, file: str, line: int) -> Finding:
    fix = f"Rewrite it; Ruff's page on {check.removeprefix('RUFF_')} shows how."
    return file_finding(check, f"{message}.", file, line, why=WHY, fix=fix, title=message)
