"""Measure the gate against one Checkov process per unit, on the same plans; `make bench-scan` runs it."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import measure, plans
from bench.measure import ROOT, Cost, Costs, run
from meridian.errors import CouldNotTell, Exit, OperationFailed
from meridian.gate import units
from meridian.gate.checkov.engine import POLICIES, VENV
from meridian.gate.checkov.worker import FACTS, SETTINGS
from meridian.paths import out_dir

# Regions.
SIZES = (1, 2, 4, 8)
CHECKOV = ROOT / VENV / "bin/checkov"
OURS, ONE, MANY = "Meridian", "Checkov, one at a time", "Checkov, one per core"
PAGE = """\
# Scanning: how long

`make bench-scan` writes this page. Each figure is the median of {rounds} round(s), from the start of the first process
to the end of the last. The plans are real ones (tests/gate/corpus/plans), one for each unit of a protected environment.
Both ways have to fail the same checks on the same resources. Seconds depend on the machine; the ratio counts: how
many times longer the other way takes.

- Meridian: the gate over these plans as `meridian scan --env` runs it, with our own rules, the canaries of every
  policy, and the waivers.
- `checkov -f plan.json --framework terraform_plan`: a process for each unit, with the same policies and facts, and the
  unit's module as enrichment root. It reads no change, no canary and no waiver.

| units | how | s | peak MB of a process | ratio |
|---|---|---|---|---|
{rows}
`meridian scan --modules`, which covers the {modules} modules, the rendered tree and all other files of this repository:
**{whole.seconds:.1f} s**, {whole.megabytes:.0f} MB. The aims, on two idle cores: 10 s for that, 20 s for 17 units.

{machine}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every size and write the page."""
    options = measure.options(1, SIZES, arguments)
    if not CHECKOV.exists():
        raise CouldNotTell("Checkov is not installed.", "Run `make checkov`.")
    # The first scan fills caches.
    whole = measure.median([scan_modules() for _ in range(options.rounds + 1)][1:])
    page = PAGE.format(
        rounds=options.rounds,
        rows=measure.table(options.sizes, options.rounds, _measure_once),
        modules=len(units.read_modules(ROOT)),
        whole=whole,
        machine=measure.machine(f"Checkov {measure.answer(CHECKOV, '--version')}"),
    )
    (options.out / "scan.md").write_text(page, encoding="utf-8")
    return 0


def scan_modules() -> Cost:
    """Return the cost of `meridian scan --modules` over this repository."""
    command = [sys.executable, "-m", "meridian", "scan", "--modules", "--root", str(ROOT)]
    return run(command, out_dir(ROOT), codes=(Exit.OK, Exit.FINDINGS))


def require_same(own: plans.Found, other: plans.Found) -> None:
    """Raise OperationFailed unless both ways found the same, and something."""
    if not own or own != other:
        different = sorted(own ^ other)
        raise OperationFailed(f"{len(own)} and {len(other)} findings, different {different[:1]}: not comparable.")


def _measure_once(regions: int) -> tuple[int, Costs]:
    """Run every way in a fresh folder; return the number of units, and the costs by name."""
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as name:
        root = Path(name).resolve()
        target = plans.make(root, regions)
        file = root / "found.json"
        own = run([sys.executable, "-m", "bench.plans", str(root), str(file)], root)
        found = {tuple(row) for row in json.loads(file.read_text(encoding="utf-8")) if row[1].startswith("CKV")}
        with tempfile.TemporaryDirectory() as copies:
            read = units.read_units(target, plans.names(target), Path(copies))
            one, _ = _run_checkov(read, 1)
            many, other = _run_checkov(read, os.cpu_count() or 1)
    require_same(found, other)
    return len(read), {OURS: [own], ONE: [one], MANY: [many]}


def _run_checkov(read: Sequence[units.Unit], at_once: int) -> tuple[Cost, plans.Found]:
    """Run a process for each unit; return their cost and what they found."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        costs = list(pool.map(_run_one_checkov, read))
    cost = Cost(time.perf_counter() - begun, max(one.megabytes for one in costs))
    found: plans.Found = set()
    for unit in read:
        answer = json.loads((unit.path.parent / "results_json.json").read_text(encoding="utf-8"))
        found |= {(unit.name, one["check_id"], one["resource"]) for one in answer["results"]["failed_checks"]}
    return cost, found


def _run_one_checkov(unit: units.Unit) -> Cost:
    facts = dict(units.unit_job(unit).facts)
    command = [
        *(str(CHECKOV), "-f", str(unit.path), "--framework", "terraform_plan", "--skip-download", "--quiet"),
        *("--compact", "--soft-fail", "--external-checks-dir", str(ROOT / POLICIES)),
        *("--repo-root-for-plan-enrichment", str(unit.code.folder)),
        *("--output", "json", "--output-file-path", str(unit.path.parent)),
    ]
    return run(command, unit.path.parent, SETTINGS | {FACTS: json.dumps(facts)})


if __name__ == "__main__":
    measure.run_to_exit(main)
