"""Runs a tool of the gate, with a time limit and without the caller's settings, and reports its findings."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from meridian import tools
from meridian.errors import CouldNotTell
from meridian.gate.finding import Finding, Severity

SECONDS = 120.0
# The variables that a tool gets: its own ones could change what it finds.
KEPT = ("PATH", "HOME", "TMPDIR", "SystemRoot")


def find_program(name: str) -> str:
    """Return the path of a tool that set-up installed; CouldNotTell if it is missing."""
    for folder in (Path(sys.prefix) / "bin", tools.folder()):
        if (folder / name).exists():
            return str(folder / name)
    raise CouldNotTell(f"{name} is not installed here.", "Run `make setup actionlint`.")


def run_program(command: Sequence[str], root: Path, codes: Collection[int]) -> tuple[Any, str]:
    """Run a program in `root`; return its answer in JSON and its stderr.

    Raises CouldNotTell if it hangs, exits with a code that is not in `codes`, or does not print JSON.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env={key: os.environ[key] for key in KEPT if key in os.environ} | {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CouldNotTell(f"{name} did not end within {SECONDS:.0f} s.") from error
    except OSError as error:
        raise CouldNotTell(f"{name} cannot be run: {error.strerror}.") from error
    if done.returncode not in codes:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CouldNotTell(f"{name} ended with {done.returncode}: {said[-1][:500] if said else 'it printed nothing'}")
    try:
        return json.loads(done.stdout), done.stderr
    except ValueError as error:
        raise CouldNotTell(f"{name}'s answer cannot be read: {error}") from error


def file_finding(
    check: str,
    what: str,
    file: str,
    line: int,
    *,
    why: str,
    fix: str,
    title: str = "",
    severity: Severity = Severity.HIGH,
) -> Finding:
    """Return a finding in a file."""
    return Finding(
        check=check,
        title=title or what,
        severity=severity,
        what=what,
        why=why,
        fix=fix,
        file=file,
        line=line,
        guideline="docs/security.md#hygiene",
    )
