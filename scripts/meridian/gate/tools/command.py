"""Runs all hygiene tools over a repository, each with a canary in the same run."""

import tempfile
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.finding import Finding
from meridian.gate.rules import text
from meridian.gate.tools import files, python, secrets, shell, workflows
from meridian.gate.verdict import Scanned


def scan_files(root: Path, base: str = "") -> tuple[list[Finding], list[Scanned]]:
    """Return the findings in every file, with a commit `base` in the lines added since, and what each tool scanned.

    Raises CouldNotTell if a tool fails or misses its canary.
    """
    require_caught()
    kept = files.list_files(root)
    named = {
        "secrets": (kept.names, secrets.find_secrets(root, kept.names, base)),
        "workflows": (
            [*kept.workflows, *kept.actions],
            workflows.scan_workflows(root, kept.workflows, kept.actions),
        ),
        "shell": (kept.shell, shell.scan_shell(root, kept.shell)),
        "python": (kept.python, python.scan_python(root, kept.python)),
    }
    return (
        [*(finding for _, findings in named.values() for finding in findings), *text.find_in_texts(root, kept.names)],
        [Scanned(name, 0, len(found), files=len(names)) for name, (names, found) in named.items() if names],
    )


def require_caught() -> None:
    """Raise CouldNotTell unless each tool finds the violation in its canary."""
    with tempfile.TemporaryDirectory(prefix="meridian-canary-") as folder:
        root = Path(folder).resolve()
        workflow = ".github/workflows/canary.yml"
        (root / workflow).parent.mkdir(parents=True)
        (root / workflow).write_text(workflows.CANARY, encoding="utf-8")
        for name, one in {"canary.sh": shell, "canary.py": python, "canary.txt": secrets}.items():
            (root / name).write_text(one.CANARY, encoding="utf-8")
        found = [
            *shell.scan_shell(root, ["canary.sh"]),
            *python.scan_python(root, ["canary.py"]),
            *secrets.find_secrets(root, ["canary.txt"]),
            *workflows.scan_workflows(root, [workflow], []),
        ]
    wanted = {shell.CAUGHT, python.CAUGHT, secrets.CAUGHT, *workflows.CAUGHT}
    if missing := sorted(wanted - {finding.check for finding in found}):
        raise CouldNotTell(f"The canary of {', '.join(missing)} was not caught.", "Run `make setup actionlint`.")
