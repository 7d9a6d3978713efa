"""The change's own set-up, gate and parity check, run as separate programs."""

import json
import subprocess
from pathlib import Path
from typing import Any

from meridian.console import step
from meridian.errors import CouldNotTell

SECONDS = 1800.0
"""The time limit of one program; the first set-up of a machine builds Terragrunt."""
STDERR = 2
SET_UP = ("make", "-s", "setup", "checkov", "actionlint")


def set_up(change: Path) -> None:
    """Install what the change needs, with its own Makefile."""
    with step("set up the change"):
        done = _run(change, *SET_UP, stdout=STDERR)
    if done.returncode:
        command = " ".join(SET_UP)
        raise CouldNotTell(f"`{command}` of the change failed; its output is above.", f"Run `{command}` in the change.")


def run_command(change: Path, command: str, *arguments: str) -> dict[str, Any]:
    """Run one of the change's own commands, e.g. `meridian scan`, and return its report, green or not.

    Raises CouldNotTell without a report, or if its exit code is not the one in it.
    """
    program = str(change / ".venv/bin/meridian")
    with step(f"its own `meridian {command}`"):
        done = _run(change, program, command, "--root", str(change), "--json", *arguments, stdout=subprocess.PIPE)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
        code = found["exit_code"]
    except (ValueError, KeyError, TypeError):
        code = "nothing"
    if code != done.returncode:
        raise CouldNotTell(f"The change's own `meridian {command}` exited with {done.returncode} and reported {code}.")
    return found


def _run(folder: Path, *command: str, stdout: int) -> subprocess.CompletedProcess[str]:
    shown = f"`{' '.join(command)}` of the change"
    try:
        return subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CouldNotTell(f"{shown} did not end within {SECONDS:.0f} s.") from error
    except OSError as error:
        raise CouldNotTell(f"{shown} cannot be run: {error.strerror}.", "Run `make setup` in the change.") from error
