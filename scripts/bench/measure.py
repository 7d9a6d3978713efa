"""Wall time and peak memory of one command, from its start to its end."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

# getrusage(2): kilobytes on Linux, bytes on macOS.
_UNIT = 1_000_000 if sys.platform == "darwin" else 1_000


class Cost(NamedTuple):
    """Seconds on the wall, and megabytes at the peak."""

    seconds: float
    megabytes: float


def _environment() -> dict[str, str]:
    """Return the environment with byte code kept, as an installed command has it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: Sequence[str], folder: Path) -> Cost:
    """Run a command in a folder. Raises CalledProcessError with what it printed if it fails."""
    with (folder / "bench.log").open("w+b") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=_environment(), stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, list(command), log.read()[-2000:])
    return Cost(seconds, usage.ru_maxrss / _UNIT)
