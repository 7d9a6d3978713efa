"""Measure `meridian generate` against `terragrunt stack generate` on the same tree; make bench-generate runs it."""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import plot, stack, world
from bench.measure import Cost, run
from meridian import tools
from meridian.errors import MeridianError, OperationFailed
from meridian.generate.plan import UNIT

ROOT = Path(__file__).resolve().parents[2]
SIZES = (100, 1_000, 5_000, 10_000)
HEAD = """\
# Generating: how long, how much memory

`make bench-generate` writes this page. Each figure is the median of {rounds} round(s) in fresh folders, on the wall,
from the start of the process to its end: Meridian reads and validates the inventory and the modules first. The same run
gives Terragrunt a stack file for the same units (`stack generate --no-cas`, its faster way: it only copies), and
compares every unit that both wrote, byte for byte. `again`: nothing changed. Seconds depend on the machine and its
disk; what counts are the ratios: how many times longer Terragrunt takes.

| units | Meridian first | again | peak MB | Terragrunt first | again | peak MB | ratio first | ratio again |
|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Result:
    """One tool at one size: the first write, and a run with nothing to do."""

    first: Cost
    again: Cost

    @property
    def megabytes(self) -> float:
        """The higher peak of both."""
        return max(self.first.megabytes, self.again.megabytes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write table and plot to a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks", help="where table and plot go")
    parser.add_argument("--rounds", type=int, default=3, help="how often each size is measured")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many units, about")
    options = parser.parse_args(arguments)
    _round(1)  # What the first run of all compiles and caches is not what is measured.
    rows: list[tuple[int, Result, Result]] = []
    for size in options.sizes:
        rounds = [_round(size) for _ in range(options.rounds)]
        rows.append((rounds[0][0], _median([one for _, one, _ in rounds]), _median([one for _, _, one in rounds])))
        print(_row(*rows[-1]), file=sys.stderr, flush=True)
        _write(options.out, options.rounds, rows)
    return 0


def _write(out: Path, rounds: int, rows: Sequence[tuple[int, Result, Result]]) -> None:
    """Write table and plot of what was measured so far."""
    out.mkdir(parents=True, exist_ok=True)
    table = "".join(f"{_row(*row)}\n" for row in rows)
    text = f"{HEAD.format(rounds=rounds)}{table}\n![The table as a plot](generate.svg)\n\n{_machine()}\n"
    (out / "generate.md").write_text(text, encoding="utf-8")
    series = {
        "Terragrunt, again": [(units, peer.again.seconds) for units, _, peer in rows],
        "Terragrunt, first": [(units, peer.first.seconds) for units, _, peer in rows],
        "Meridian, first": [(units, own.first.seconds) for units, own, _ in rows],
        "Meridian, again": [(units, own.again.seconds) for units, own, _ in rows],
    }
    (out / "generate.svg").write_text(plot.svg("Seconds by units", series), encoding="utf-8")


def _round(size: int) -> tuple[int, Result, Result]:
    """Measure both tools once in fresh folders; return the number of units and both results."""
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as name:
        own = world.make(Path(name) / "meridian", size)
        command = [sys.executable, "-m", "meridian", "generate", "--root", str(own)]
        meridian = Result(run(command, own), run(command, own))
        units = _units(own / "live")
        (Path(name) / "terragrunt").mkdir()
        peer = stack.make(Path(name) / "terragrunt", units)
        terragrunt = [str(tools.path("terragrunt")), "stack", "generate", "--no-cas", "--non-interactive"]
        other = Result(run(terragrunt, peer), run(terragrunt, peer))
        if different := stack.differences(peer, units):
            raise OperationFailed(f"{len(different)} units differ, {different[0]} first: nothing to compare.")
    return len(units), meridian, other


def _units(live: Path) -> Mapping[str, str]:
    files = sorted(live.rglob(UNIT))
    return {file.relative_to(live).as_posix(): file.read_text(encoding="utf-8") for file in files}


def _median(results: Sequence[Result]) -> Result:
    def middle(costs: Sequence[Cost]) -> Cost:
        return Cost(statistics.median(one.seconds for one in costs), statistics.median(one.megabytes for one in costs))

    return Result(middle([one.first for one in results]), middle([one.again for one in results]))


def _row(units: int, own: Result, peer: Result) -> str:
    ratios = (peer.first.seconds / own.first.seconds, peer.again.seconds / own.again.seconds)
    cells = [
        f"{units:,}",
        *(f"{one:.2f}" for one in (own.first.seconds, own.again.seconds)),
        f"{own.megabytes:.0f}",
        *(f"{one:.2f}" for one in (peer.first.seconds, peer.again.seconds)),
        f"{peer.megabytes:.0f}",
        *(f"{ratio:.1f}" for ratio in ratios),
    ]
    return f"| {' | '.join(cells)} |"


def _machine() -> str:
    version = _said([str(tools.path("terragrunt")), "--version"])
    load = os.getloadavg()[0]
    # TMPDIR says where; a busy disk measures itself.
    disk = _said(["stat", "-f", "-c", "%T", tempfile.gettempdir()]) if sys.platform == "linux" else "disk"
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"load {load:.1f} at the end, folders in {disk}, Python {platform.python_version()}, {version}."
    )


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MeridianError as error:
        print(f"error: {error.message}\n  {error.hint}", file=sys.stderr)
        sys.exit(error.code)
