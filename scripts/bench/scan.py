"""Measure the gate over plans against one Checkov process a unit, on the same plans; make bench-scan runs it."""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench import page, plans, plot
from bench.measure import Cost, run
from meridian.errors import CouldNotTell, Exit, OperationFailed
from meridian.paths import out_dir
from meridian.scan import subjects, units
from meridian.scan.engine import POLICIES, VENV
from meridian.scan.worker import FACTS, SETTINGS

ROOT = Path(__file__).resolve().parents[2]
SIZES = (1, 2, 4, 8)
CHECKOV = ROOT / VENV / "bin" / "checkov"
OURS, ONE, MANY = "Meridian", "Checkov, one at a time", "Checkov, one a core"
PAGE = """\
# Scanning: how long

`make bench-scan` writes this page. Each figure is the median of {rounds} round(s), on the wall, from the start of the
first process to the end of the last. The plans are real ones (tests/gate/corpus/plans), one for each unit of a
protected environment of as many regions as needed. One of them has an open route: both ways have to find it, and
otherwise the same checks on the same resources. Seconds depend on the machine and on what else it does; what counts is
the ratio: how many times longer the other way takes.

- Meridian: the gate over these plans as `meridian scan --env` does it, all of our own rules, the canaries of every
  policy as code and as a plan, and the waivers included.
- `checkov -f plan.json --framework terraform_plan`: a process for each unit, with the same policies, the same facts
  and the unit's own module as enrichment root; one at a time, and as many at once as there are cores. It looks at no
  change, no canary and no waiver.

| units | how | s | peak MB of a process | ratio |
|---|---|---|---|---|
{rows}
![The table as a plot](scan.svg)

`meridian scan --modules` as a whole, the {modules} modules, the rendered tree and all other files of this repository:
**{whole:.1f} s**, {megabytes:.0f} MB. The aims, on two idle cores: 10 s for that, 20 s for 17 units.

{machine}
"""


@dataclass(frozen=True)
class Round:
    """Every way at one size, by its name; Meridian comes first."""

    units: int
    results: dict[str, Cost]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write table and plot to a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks", help="where table and plot go")
    parser.add_argument("--rounds", type=int, default=1, help="how often each size is measured")
    parser.add_argument("--regions", type=int, nargs="+", default=SIZES, help="how many regions")
    options = parser.parse_args(arguments)
    if not CHECKOV.exists():
        raise CouldNotTell("Checkov is not installed here.", "Run `make checkov`.")
    whole = _median([_whole() for _ in range(options.rounds + 1)][1:])  # The first one fills caches.
    done: list[Round] = []
    for regions in options.regions:
        rounds = [_round(regions) for _ in range(options.rounds)]
        found = {name: _median([one.results[name] for one in rounds]) for name in rounds[0].results}
        done.append(Round(rounds[0].units, found))
        print(_rows(done[-1]), file=sys.stderr, end="", flush=True)
        _write(options.out, options.rounds, whole, done)
    return 0


def _write(out: Path, rounds: int, whole: Cost, done: Sequence[Round]) -> None:
    """Write table and plot of what was measured so far."""
    out.mkdir(parents=True, exist_ok=True)
    text = PAGE.format(
        rounds=rounds,
        rows="".join(map(_rows, done)),
        modules=len(subjects.modules(ROOT)),
        whole=whole.seconds,
        megabytes=whole.megabytes,
        machine=page.machine(f"Checkov {page.said([str(CHECKOV), '--version'])}"),
    )
    (out / "scan.md").write_text(text, encoding="utf-8")
    series = {name: [(one.units, one.results[name].seconds) for one in done] for name in (ONE, MANY, OURS)}
    (out / "scan.svg").write_text(plot.svg("Seconds by units", series), encoding="utf-8")


def _whole() -> Cost:
    command = [sys.executable, "-m", "meridian", "scan", "--modules", "--root", str(ROOT)]
    return run(command, out_dir(ROOT), codes=(Exit.OK, Exit.FINDINGS))


def _round(regions: int) -> Round:
    """Measure every way once in a fresh folder; OperationFailed where they do not find the same."""
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as name:
        root = Path(name).resolve()
        target = plans.make(root, regions)
        names = plans.names(target)
        file = root / "found.json"
        own = run([sys.executable, "-m", "bench.plans", str(root), str(file)], root)
        found = {tuple(row) for row in json.loads(file.read_text(encoding="utf-8")) if row[1].startswith("CKV")}
        with tempfile.TemporaryDirectory() as copies:
            read = units.read(target, names, Path(copies))
            alone, _ = _bare(read, 1)
            beside, other = _bare(read, os.cpu_count() or 1)
    require_same(found, other)
    return Round(len(names), {OURS: own, ONE: alone, MANY: beside})


def require_same(own: plans.Found, other: plans.Found) -> None:
    """Raise OperationFailed unless both ways found the open route, and otherwise the same."""
    if (plans.SEEDED, *plans.OPEN) not in own:
        raise OperationFailed("The gate did not find the open route: there is nothing to compare.")
    if different := sorted(own ^ other):
        raise OperationFailed(f"{len(different)} findings differ, {different[0]} first: nothing to compare.")


def _bare(read: Sequence[subjects.Unit], at_once: int) -> tuple[Cost, plans.Found]:
    """Return what a process for each unit costs, and what they found."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        costs = list(pool.map(lambda unit: _checkov(unit), read))
    cost = Cost(time.perf_counter() - begun, max(one.megabytes for one in costs))
    found: plans.Found = set()
    for unit in read:
        answer = json.loads((unit.path.parent / "results_json.json").read_text(encoding="utf-8"))
        failed = answer["results"]["failed_checks"]
        found |= {(unit.name, one["check_id"], one["resource"]) for one in failed}
    return cost, found


def _checkov(unit: subjects.Unit) -> Cost:
    job = subjects.unit_job(unit)
    command = [str(CHECKOV), "-f", str(unit.path), "--framework", "terraform_plan", "--skip-download", "--quiet"]
    command += ["--compact", "--soft-fail", "--external-checks-dir", str(ROOT / POLICIES)]
    command += ["--repo-root-for-plan-enrichment", str(unit.code.folder)]
    command += ["--output", "json", "--output-file-path", str(unit.path.parent)]
    return run(command, unit.path.parent, SETTINGS | {FACTS: json.dumps(dict(job.facts))})


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(one.seconds for one in costs), statistics.median(one.megabytes for one in costs))


def _rows(one: Round) -> str:
    text = ""
    for name, cost in one.results.items():
        ratio = "" if name == OURS else f"{cost.seconds / one.results[OURS].seconds:.1f}"
        text += f"| {one.units} | {name} | {cost.seconds:.1f} | {cost.megabytes:.0f} | {ratio} |\n"
    return text


if __name__ == "__main__":
    page.end(main)
