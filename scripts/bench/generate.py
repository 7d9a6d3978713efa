"""Measure `meridian generate` against Terragrunt and Terramate on the same tree; `make bench-generate` runs it."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import measure, peers, world
from bench.measure import Cost, Costs, run
from meridian import tools
from meridian.errors import OperationFailed
from meridian.render.plan import UNIT

SIZES = (100, 1_000, 5_000, 10_000)
PAGE = """\
# Generating: how long, how much memory

`make bench-generate` writes this page. Each figure is the median of {rounds} round(s) in fresh folders, from the start
of the process to its end; Meridian also reads and validates the inventory and the modules. The other tools get what
they need for the same units, and every unit that they write is compared byte for byte. `again`: nothing changed.
Seconds depend on the machine and its disk; the ratios count: how many times longer the other tool takes.

- `terragrunt stack generate --no-cas`, its faster way: it only copies the units that a stack file names.
- `terramate generate`: one `generate_file` block, and a stack for each unit. {terramate}

| units | tool | first s | again s | peak MB | ratio first | ratio again |
|---|---|---|---|---|---|---|
{rows}
{machine}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every size and write the page."""
    options = measure.options(3, SIZES, arguments)
    terramate = peers.find_terramate()
    said = f"{measure.answer(terramate, 'version')} was measured." if terramate else "It was not on PATH: not measured."
    measure_once(1)  # The first run of all compiles and caches.
    rows = measure.table(options.sizes, options.rounds, measure_once)
    machine = measure.machine(measure.answer(tools.path("terragrunt"), "--version"))
    page = PAGE.format(rounds=options.rounds, terramate=said, rows=rows, machine=machine)
    (options.out / "generate.md").write_text(page, encoding="utf-8")
    return 0


def measure_once(size: int) -> tuple[int, Costs]:
    """Run every tool in fresh folders; return the number of units, and by tool a first run and one more."""
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as name:
        own = world.make(Path(name, "meridian"), size)
        results = {"Meridian": _run_twice([sys.executable, "-m", "meridian", "generate", "--root", str(own)], own)}
        live = own / "live"
        units = {file.relative_to(live).as_posix(): file.read_text("utf-8") for file in sorted(live.rglob(UNIT))}
        terragrunt = [str(tools.path("terragrunt")), "stack", "generate", "--no-cas", "--non-interactive"]
        others = {"Terragrunt": (terragrunt, peers.make_stack(Path(name, "terragrunt"), units))}
        if terramate := peers.find_terramate():
            folder = peers.make_terramate(Path(name, "terramate"), units)
            others["Terramate"] = ([terramate, "generate"], folder)
        for tool, (command, folder) in others.items():
            results[tool] = _run_twice(command, folder)
            if different := peers.find_differences(folder, units):
                raise OperationFailed(f"{tool}: {len(different)} units differ, first {different[0]}: not comparable.")
    return len(units), results


def _run_twice(command: Sequence[str], folder: Path) -> tuple[Cost, Cost]:
    return run(command, folder), run(command, folder)


if __name__ == "__main__":
    measure.run_to_exit(main)
