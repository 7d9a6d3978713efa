"""The change's own set-up, gate and parity check, run as separate programs."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from meridian.console import step
from meridian.errors import CouldNotTell

SECONDS = 1800.0
"""The time limit of one program; the first set-up of a machine builds Terragrunt."""
STDERR = 2
TARGETS = ("setup", "checkov", "actionlint")


def set_up(change: Path) -> None:
    """Install what the change needs, with its own Makefile."""
    with step("set up the change"):
        done = _run(change, ["make", "-s", *TARGETS])
    if done.returncode:
        command = f"make {' '.join(TARGETS)}"
        raise CouldNotTell(f"`{command}` of the change failed; its output is above.", f"Run `{command}` in the change.")


def run_command(change: Path, command: str, *arguments: str) -> dict[str, Any]:
    """Run one of the change's own commands, e.g. `meridian scan`, and return its report, green or not.

    Raises CouldNotTell without a report.
    """
    program = change / ".venv/bin/meridian"
    if not program.exists():
        raise CouldNotTell("The change has no .venv/bin/meridian.", "Run `make setup` in it.")
    with step(f"its own `meridian {command}`"):
        done = _run(change, [str(program), command, "--root", str(change), "--json", *arguments], capture=True)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
        code = found["exit_code"]
    except (ValueError, KeyError, TypeError) as error:
        raise CouldNotTell(
            f"The change's own `meridian {command}` wrote no report (exit code {done.returncode})."
        ) from error
    if code != done.returncode:
        raise CouldNotTell(f"The change's own `meridian {command}` exited with {done.returncode} and reported {code}.")
    return found


def _run(folder: Path, command: Sequence[str], *, capture: bool = False) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else STDERR,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CouldNotTell(f"`{' '.join(command)}` of the change did not end within {SECONDS:.0f} s.") from error
    except OSError as error:
        raise CouldNotTell(f"`{' '.join(command)}` of the change cannot be run: {error.strerror}.") from error
