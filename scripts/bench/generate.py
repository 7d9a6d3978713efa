"""Measure `meridian generate` against Terragrunt, and Terramate, on the same tree; make bench-generate runs it."""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import page, plot, stack, terramate, world
from bench.measure import Cost, run
from meridian import tools
from meridian.errors import OperationFailed
from meridian.generate.plan import UNIT

ROOT = Path(__file__).resolve().parents[2]
SIZES = (100, 1_000, 5_000, 10_000)
PAGE = """\
# Generating: how long, how much memory

`make bench-generate` writes this page. Each figure is the median of {rounds} round(s) in fresh folders, on the wall,
from the start of the process to its end: Meridian reads and validates the inventory and the modules first. The same run
gives the others what they need for the same units, and every unit that they write is compared, byte for byte. `again`:
nothing changed. Seconds depend on the machine and its disk; what counts are the ratios: how many times longer the other
takes.

- `terragrunt stack generate --no-cas`, its faster way: it only copies the units that a stack file names.
- `terramate generate`: one `generate_file` block, and a stack for each unit. {terramate}

| units | tool | first s | again s | peak MB | ratio first | ratio again |
|---|---|---|---|---|---|---|
{rows}
![The table as a plot](generate.svg)

{machine}
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


@dataclass(frozen=True)
class Round:
    """Every tool at one size, by its name; Meridian comes first."""

    units: int
    results: Mapping[str, Result]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write table and plot to a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks", help="where table and plot go")
    parser.add_argument("--rounds", type=int, default=3, help="how often each size is measured")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many units, about")
    options = parser.parse_args(arguments)
    _round(1)  # What the first run of all compiles and caches is not what is measured.
    done: list[Round] = []
    for size in options.sizes:
        done.append(_median([_round(size) for _ in range(options.rounds)]))
        print(_rows(done[-1]), file=sys.stderr, end="", flush=True)
        _write(options.out, options.rounds, done)
    return 0


def _write(out: Path, rounds: int, done: Sequence[Round]) -> None:
    """Write table and plot of what was measured so far."""
    out.mkdir(parents=True, exist_ok=True)
    found = terramate.command()
    said = f"{page.said([found[0], 'version'])} was measured." if found else "It was not on PATH: not measured."
    rows = "".join(_rows(one) for one in done)
    text = PAGE.format(rounds=rounds, terramate=said, rows=rows, machine=page.machine(_version()))
    (out / "generate.md").write_text(text, encoding="utf-8")
    series = {
        f"{name}, {word}": [(one.units, getattr(one.results[name], word).seconds) for one in done]
        for name in done[0].results
        for word in ("first", "again")
    }
    slowest = sorted(series.items(), key=lambda one: -one[1][-1][1])
    (out / "generate.svg").write_text(plot.svg("Seconds by units", dict(slowest)), encoding="utf-8")


def _round(size: int) -> Round:
    """Measure every tool once in fresh folders."""
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as name:
        own = world.make(Path(name) / "meridian", size)
        results = {"Meridian": _twice([sys.executable, "-m", "meridian", "generate", "--root", str(own)], own)}
        units = _units(own / "live")
        peer = stack.make(Path(name) / "terragrunt", units)
        results["Terragrunt"] = _twice(
            [str(tools.path("terragrunt")), "stack", "generate", "--no-cas", "--non-interactive"], peer
        )
        _require_same(peer, units)
        if command := terramate.command():
            other = terramate.make(Path(name) / "terramate", units)
            results["Terramate"] = _twice(command, other)
            _require_same(other, units)
    return Round(len(units), results)


def _twice(command: Sequence[str], folder: Path) -> Result:
    return Result(run(command, folder), run(command, folder))


def _require_same(root: Path, units: Mapping[str, str]) -> None:
    if different := stack.differences(root, units):
        raise OperationFailed(f"{len(different)} units differ, {different[0]} first: nothing to compare.")


def _units(live: Path) -> Mapping[str, str]:
    files = sorted(live.rglob(UNIT))
    return {file.relative_to(live).as_posix(): file.read_text(encoding="utf-8") for file in files}


def _median(rounds: Sequence[Round]) -> Round:
    def middle(costs: Sequence[Cost]) -> Cost:
        return Cost(statistics.median(one.seconds for one in costs), statistics.median(one.megabytes for one in costs))

    results = {
        name: Result(
            middle([one.results[name].first for one in rounds]), middle([one.results[name].again for one in rounds])
        )
        for name in rounds[0].results
    }
    return Round(rounds[0].units, results)


def _rows(one: Round) -> str:
    own = one.results["Meridian"]
    text = ""
    for name, result in one.results.items():
        ratios = (result.first.seconds / own.first.seconds, result.again.seconds / own.again.seconds)
        cells = [
            f"{one.units:,}",
            name,
            *(f"{cost.seconds:.2f}" for cost in (result.first, result.again)),
            f"{result.megabytes:.0f}",
            *("" if name == "Meridian" else f"{ratio:.1f}" for ratio in ratios),
        ]
        text += f"| {' | '.join(cells)} |\n"
    return text


def _version() -> str:
    return page.said([str(tools.path("terragrunt")), "--version"])


if __name__ == "__main__":
    page.end(main)
