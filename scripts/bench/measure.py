"""Time and peak memory of commands, and the page that shows them."""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from meridian.errors import Exit, MeridianError

ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 900.0
# getrusage(2): kilobytes on Linux, bytes on macOS.
MEGABYTE = 1_000_000 if sys.platform == "darwin" else 1_000


class Cost(NamedTuple):
    """Seconds on the wall, and megabytes at the peak."""

    seconds: float
    megabytes: float


def run(
    command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None, codes: Collection[int] = (0,)
) -> Cost:
    """Run a command in a folder; CalledProcessError with its output if it exits with another code or takes too long."""
    environ = {**os.environ, **(variables or {})}
    # With byte code, as an installed command has it.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with (folder / "bench.log").open("w+b") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
        limit = threading.Timer(LIMIT_SECONDS, process.kill)
        limit.start()
        _, status, usage = os.wait4(process.pid, 0)
        limit.cancel()
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        if process.returncode not in codes:
            raise subprocess.CalledProcessError(process.returncode, list(command), log.read()[-2000:])
    return Cost(seconds, usage.ru_maxrss / MEGABYTE)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of the seconds and of the megabytes."""
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


def row(*cells: object) -> str:
    """Return one row of a table in Markdown."""
    return f"| {' | '.join(map(str, cells))} |\n"


def answer(*command: str | Path) -> str:
    """Return the output of a command; CalledProcessError if it fails."""
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout.strip()


def machine(version: str) -> str:
    """Return a sentence about this machine, its load and the version of the other tool."""
    disk = answer("stat", "-f", "-c", "%T", tempfile.gettempdir()) if sys.platform == "linux" else "disk"
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the end, folders in {disk}, Python {platform.python_version()}, {version}."
    )


def write_page(out: Path, text: str) -> None:
    """Write a page, in a folder that may not exist yet."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")


def run_to_exit(main: Callable[[], int]) -> None:
    """Run a benchmark and exit with its code; print an error as a sentence."""
    try:
        sys.exit(main())
    except MeridianError as error:
        print(f"error: {error.message}\n  {error.hint}", file=sys.stderr)
        sys.exit(error.code)
    except subprocess.CalledProcessError as error:
        output = error.output.decode(errors="replace") if isinstance(error.output, bytes) else error.output
        print(f"error: {' '.join(error.cmd[:4])} exited with {error.returncode}:\n{output}", file=sys.stderr)
        sys.exit(Exit.FAILED)
