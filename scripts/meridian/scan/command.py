"""`meridian scan`: everything is looked at, judged, held against the waivers, and told."""

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from meridian import report
from meridian.console import step
from meridian.errors import CouldNotTell, Exit, MeridianError, OperationFailed, UserError
from meridian.generate.plan import UNIT
from meridian.modules.library import Library
from meridian.run.plans import Plans
from meridian.run.summary import holds_sentinel
from meridian.scan import canary, changes, code, engine, judged, sarif, subjects, terminal, tree, waivers
from meridian.scan.engine import Job, Looked
from meridian.scan.finding import Finding, Place, Severity, merge
from meridian.scan.rules import RULES
from meridian.scan.subjects import Unit
from meridian.scan.verdict import Scanned, Verdict
from meridian.targets import Target
from policies.checks._catalogue import CATALOGUE

COMMAND = "scan"


def scan(
    root: Path, target: Target | None, *, fail_on: str, final: bool, sarif_file: Path | None, as_json: bool
) -> int:
    """Scan the modules and the rendered tree, and with a target every unit's plan.

    `sarif_file` gets the findings as SARIF too. `final`: the plans are about to be applied, so a mock
    in one is a finding. Returns 0 or 1; raises CouldNotTell where anything could not be looked at,
    UserError for a wrong inventory or waivers file.
    """
    if fail_on.upper() not in Severity.__members__:
        raise UserError(f"There is no severity {fail_on!r}.", f"Use one of: {', '.join(Severity.__members__)}.")
    # Whatever ends this run, an older green report does not outlive its beginning.
    report.keep(root, COMMAND, Exit.UNKNOWN, {"error": "The scan began and did not end."})
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="meridian-scan-") as folder:
            verdict = _look(root, target, Path(folder), Severity[fail_on.upper()], final)
    except MeridianError as error:
        report.keep(root, COMMAND, error.code, {"error": error.message, "hint": error.hint}, as_json=as_json)
        raise
    if sarif_file:
        text = json.dumps(sarif.document(verdict, target.environment.name if target else "modules"), indent=2)
        _write(sarif_file, f"{text}\n")
    seconds = round(time.monotonic() - began, 1)
    report.keep(root, COMMAND, verdict.code, {**verdict.body(), "seconds": seconds}, as_json=as_json)
    if not as_json:
        sys.stdout.writelines(f"{line}\n" for line in terminal.lines(verdict))
    return verdict.code


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperationFailed(f"{file}: cannot be written: {error.strerror}.") from error


def _look(root: Path, target: Target | None, folder: Path, fail_on: Severity, final: bool) -> Verdict:
    modules = subjects.modules(root)
    units = _units(target, folder) if target else []
    jobs = [canary.job(), *map(subjects.module_job, modules), *map(subjects.unit_job, units)]
    with step(f"scan {len(modules)} modules" + (f" and {len(units)} plans" if units else "")):
        looked = engine.look(jobs, list(CATALOGUE))
    canary.require_caught(looked.results[canary.ID])
    found = tree.judge(root)
    for module, job in zip(modules, jobs[1:], strict=False):
        found += judged.findings(root, module, looked.results[job.id], None, False)
    for unit in units:
        found += _of_unit(root, unit, looked, final)
    known = looked.known | {rule.id for rule in RULES}
    today = datetime.now(UTC).date()
    kept = waivers.load(root / waivers.FILE, known, root, today)
    names = [target.environment.name] if target else []
    sorted_ = kept.sort(merge(found), today, environments=names)
    return Verdict(
        findings=merge(sorted_.counting),
        accepted=sorted_.accepted,
        not_applicable=sorted_.not_applicable,
        scanned=_scanned(jobs[1:], units, looked),
        fail_on=fail_on,
    )


def _of_unit(root: Path, unit: Unit, looked: Looked, final: bool) -> Iterable[Finding]:
    place = Place(unit.environment.name, unit.region, unit.module)
    lines = {name: line for name, (_, line) in unit.code.blocks.items()}
    yield from judged.findings(root, unit.code, looked.results[unit.id], place, unit.provisional)
    yield from changes.judge(
        unit.plan, place=place, file=f"modules/{unit.module}", module=unit.module, lines=lines, final=final
    )


def _units(target: Target, folder: Path) -> list[Unit]:
    """Return every unit with its saved plan; where there is none that holds, plan first."""
    plans = Plans(target)
    name = target.environment.name
    live = target.root / "live" / name
    wanted = {file.parent.relative_to(live).as_posix() for file in live.glob(f"*/*/{UNIT}")}
    try:
        summaries = plans.load()
    except UserError:
        summaries = []
    if {one.unit for one in summaries} != wanted:
        with step(f"plan {name}"):
            summaries = plans.make()
    if missing := sorted(wanted - {one.unit for one in summaries}):
        raise CouldNotTell(f"{name}/{missing[0]}: it has no plan.", "Plan again.")
    library = Library(target.root)
    found = []
    for summary in summaries:
        module = summary.unit.partition("/")[2]
        path = plans.folder / summary.unit / "tfplan.json"
        plan = subjects.read_plan(path, f"{name}/{summary.unit}")
        pins = target.environment.versions
        inside = target.root / "modules" / module
        if pins is not None:
            inside = subjects.released(target.root, library.releases[module, pins[module]], folder)
        found.append(Unit(target.environment, summary.unit, plan, path, code.read(inside), holds_sentinel(dict(plan))))
    return found


def _scanned(jobs: Sequence[Job], units: Sequence[Unit], looked: Looked) -> list[Scanned]:
    provisional = {unit.id for unit in units if unit.provisional}
    return [Scanned(job.id, len(job.resources), len(looked.results[job.id]), job.id in provisional) for job in jobs]
