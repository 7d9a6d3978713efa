"""Runs all hygiene tools over a repository, each with a canary in the same run."""

import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.finding import Finding
from meridian.gate.tools import files, python, secrets, shell, workflows
from meridian.gate.verdict import Scanned


@dataclass(frozen=True)
class Hygiene:
    """The findings, and the number of files that each tool scanned."""

    findings: Sequence[Finding]
    scanned: Sequence[Scanned]


def scan_files(root: Path, base: str = "") -> Hygiene:
    """Check every file of a repository, and with a commit `base` the lines added since.

    Raises CouldNotTell if a tool fails or misses its canary.
    """
    require_caught()
    found = files.list_files(root)
    named: dict[str, tuple[int, list[Finding]]] = {
        "secrets": (len(found.names), secrets.find_secrets(root, found.names, base)),
        "workflows": (
            len(found.workflows) + len(found.actions),
            workflows.scan_workflows(root, found.workflows, found.actions),
        ),
        "shell": (len(found.shell), shell.scan_shell(root, found.shell)),
        "python": (len(found.python), python.scan_python(root, found.python)),
    }
    return Hygiene(
        [finding for _, findings in named.values() for finding in findings],
        [Scanned(name, 0, len(findings), files=count) for name, (count, findings) in named.items() if count],
    )


def require_caught() -> None:
    """Raise CouldNotTell unless each tool finds the violation in its canary."""
    with tempfile.TemporaryDirectory(prefix="meridian-canary-") as folder:
        root = Path(folder).resolve()
        _catch(root, "canary.sh", shell.CANARY, lambda name: shell.scan_shell(root, [name]), {shell.CAUGHT})
        _catch(root, "canary.py", python.CANARY, lambda name: python.scan_python(root, [name]), {python.CAUGHT})
        workflow = ".github/workflows/canary.yml"
        _catch(
            root, workflow, workflows.CANARY, lambda name: workflows.scan_workflows(root, [name], []), workflows.CAUGHT
        )
        _catch(root, "canary.txt", secrets.CANARY, lambda name: secrets.find_secrets(root, [name]), {secrets.CAUGHT})


def _catch(root: Path, name: str, text: str, look_at: Callable[[str], list[Finding]], wanted: Collection[str]) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")
    if missing := sorted(set(wanted) - {finding.check for finding in look_at(name)}):
        raise CouldNotTell(f"The canary of {', '.join(missing)} was not caught.", "Run `make setup actionlint`.")
