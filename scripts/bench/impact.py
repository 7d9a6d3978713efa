"""Measure `meridian impact` against `meridian generate --check` on the same tree; `make bench-impact` runs it."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import measure, world
from bench.measure import Costs, run
from meridian.render.plan import UNIT

SIZES = (100, 1_000, 5_000)
CHANGE = ("rate: 100", "rate: 150")
GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.com")
PAGE = """\
# What a change touches: how long, how much memory

`make bench-impact` writes this page. Each figure is the median of {rounds} round(s) in fresh repositories, from the
start of the process to its end. `generate --check` reads the same inventory, renders every unit and compares it with
the disk; `impact` renders it, compares it with the tree of a commit, and finds the reason for each difference.
`nothing`: nothing changed. `default`: one default changed, which reaches half of the units. Seconds depend on the
machine and its load; the ratios count: how many times longer `generate --check` takes.

| units | command | nothing s | default s | peak MB | ratio nothing | ratio default |
|---|---|---|---|---|---|---|
{rows}
{machine}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every size and write the page."""
    options = measure.options(3, SIZES, arguments)
    measure_once(1)  # The first run of all compiles and caches.
    rows = measure.table(options.sizes, options.rounds, measure_once)
    page = PAGE.format(rounds=options.rounds, rows=rows, machine=measure.machine(measure.answer("git", "--version")))
    (options.out / "impact.md").write_text(page, encoding="utf-8")
    return 0


def measure_once(size: int) -> tuple[int, Costs]:
    """Run both commands in a fresh repository: with nothing changed, then with another default."""
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as name:
        root = world.make(Path(name, "meridian"), size)
        run([sys.executable, "-m", "meridian", "generate"], root)
        run([*GIT, "init", "--quiet", "--initial-branch=main"], root)
        run([*GIT, "add", "live", "modules", "terragrunt.hcl"], root)
        run([*GIT, "commit", "--quiet", "--message", "feat: begin"], root)
        units = sum(1 for _ in (root / "live").rglob(UNIT))
        commands = {"impact": ["impact"], "generate --check": ["generate", "--check"]}
        costs: dict[str, list[measure.Cost]] = {command: [] for command in commands}
        inventory = root / "live/inventory.yaml"
        before = inventory.read_text(encoding="utf-8")
        for text in (before, before.replace(*CHANGE)):
            inventory.write_text(text, encoding="utf-8")
            for command, words in commands.items():
                costs[command].append(run([sys.executable, "-m", "meridian", *words], root, codes=(0, 1)))
    return units, costs


if __name__ == "__main__":
    measure.run_to_exit(main)
