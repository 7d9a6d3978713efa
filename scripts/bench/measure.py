"""Time and peak memory of commands, and the page that shows them."""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from meridian.errors import MeridianError, OperationFailed

ROOT = Path(__file__).resolve().parents[2]
# getrusage(2): kilobytes on Linux, bytes on macOS.
MEGABYTE = 1_000_000 if sys.platform == "darwin" else 1_000


class Cost(NamedTuple):
    """Seconds on the wall, and megabytes at the peak."""

    seconds: float
    megabytes: float


Costs = Mapping[str, Sequence[Cost]]
"""One or more costs of each tool; the first tool is ours."""


def options(rounds: int, sizes: Sequence[int], arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of a benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=ROOT / "docs/benchmarks", help="the folder of the page")
    parser.add_argument("--rounds", type=int, default=rounds, help="how often each size is measured")
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, help="what is measured")
    return parser.parse_args(arguments)


def run(
    command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None, codes: Collection[int] = (0,)
) -> Cost:
    """Run a command in a folder; OperationFailed with its last output if it exits with another code."""
    environ = {**os.environ, **(variables or {})}
    # With byte code, as an installed command has it.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    log = folder / "bench.log"
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise OperationFailed(f"{' '.join(command[:4])} exited with {process.returncode}:\n{said}")
    return Cost(seconds, usage.ru_maxrss / MEGABYTE)


def table(sizes: Sequence[int], rounds: int, measure_once: Callable[[int], tuple[int, Costs]]) -> str:
    """Measure every size in every round; return the rows of a table of medians, which are also printed.

    A row: units, tool, seconds of each cost, peak, and how many times longer than ours each took.
    """
    rows = ""
    for size in sizes:
        measured = [measure_once(size) for _ in range(rounds)]
        units, tools = measured[0]
        medians = {tool: list(map(median, zip(*(costs[tool] for _, costs in measured), strict=True))) for tool in tools}
        own = next(iter(medians.values()))
        for tool, costs in medians.items():
            ratios = ["" if costs is own else f"{a.seconds / b.seconds:.1f}" for a, b in zip(costs, own, strict=True)]
            peak = max(one.megabytes for one in costs)
            cells = [f"{units:,}", tool, *(f"{one.seconds:.2f}" for one in costs), f"{peak:.0f}", *ratios]
            rows += f"| {' | '.join(cells)} |\n"
            print(rows.splitlines()[-1], file=sys.stderr, flush=True)
    return rows


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of the seconds and of the megabytes."""
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


def answer(*command: str | Path) -> str:
    """Return the output of a command."""
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout.strip()


def machine(version: str) -> str:
    """Return a sentence about this machine, its load and the version of the other tool."""
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the end, Python {platform.python_version()}, {version}."
    )


def run_to_exit(main: Callable[[], int]) -> None:
    """Run a benchmark and exit with its code; print an error as a sentence."""
    try:
        sys.exit(main())
    except MeridianError as error:
        print(f"error: {error.message}\n  {error.hint}", file=sys.stderr)
        sys.exit(error.code)
