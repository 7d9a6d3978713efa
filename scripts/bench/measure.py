"""Wall time and peak memory of one command, from its start to its end."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

SECONDS = 900.0
"""How long one command may take."""
# getrusage(2): kilobytes on Linux, bytes on macOS.
_UNIT = 1_000_000 if sys.platform == "darwin" else 1_000


class Cost(NamedTuple):
    """Seconds on the wall, and megabytes at the peak."""

    seconds: float
    megabytes: float


def _environment() -> dict[str, str]:
    """Return the environment with byte code kept, as an installed command has it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(
    command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None, codes: Collection[int] = (0,)
) -> Cost:
    """Run a command in a folder, with `variables` beside the caller's.

    Raises CalledProcessError with what it printed if it ends with none of `codes`, or is killed because it
    does not end.
    """
    with (folder / "bench.log").open("w+b") as log:
        begun = time.perf_counter()
        environ = _environment() | dict(variables or {})
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
        limit = threading.Timer(SECONDS, process.kill)
        limit.start()
        _, status, usage = os.wait4(process.pid, 0)
        limit.cancel()
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        if process.returncode not in codes:
            raise subprocess.CalledProcessError(process.returncode, list(command), log.read()[-2000:])
    return Cost(seconds, usage.ru_maxrss / _UNIT)
