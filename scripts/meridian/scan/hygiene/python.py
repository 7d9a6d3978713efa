"""Python, looked at by Ruff's security rules; scripts/policies/python.toml says what is meant, `# noqa` does not."""

from collections.abc import Sequence
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.scan.engine import HOME
from meridian.scan.finding import Finding
from meridian.scan.hygiene import program
from meridian.scan.hygiene.found import in_file

TOOL = "ruff"
SETTINGS = Path("scripts/policies/python.toml")
CANARY = 'import subprocess\n\nsubprocess.run("ls " + input(), shell=True)\n'
CAUGHT = "RUFF_S602"
WHY = "A known way in which a Python program runs, reads or trusts what it should not."


def look(root: Path, names: Sequence[str], home: Path = HOME) -> list[Finding]:
    """Return what is wrong with the files; CouldNotTell where Ruff cannot say, or cannot read one."""
    if not names:
        return []
    command = [str(program.of_venv(TOOL)), "check", "--ignore-noqa", "--no-cache", "--no-force-exclude"]
    command += ["--config", str(home / SETTINGS), "--output-format", "json", "--", *names]
    answer, _ = program.ask(command, root, {0, 1})
    rows = []
    for one in answer:
        name = Path(one["filename"]).relative_to(root.resolve()).as_posix()
        code = str(one["code"])
        if not code.startswith("S"):
            raise CouldNotTell(f"{name}: Ruff cannot read it: {one['message']}")
        rows.append(_finding(f"RUFF_{code}", one["message"], name, one["location"]["row"]))
    return rows


def _finding(check: str, message: str, file: str, line: int) -> Finding:
    fix = f"Write it another way; Ruff's page on {check.removeprefix('RUFF_')} says how."
    return in_file(check, f"{message}.", file, line, why=WHY, fix=fix, title=message)
