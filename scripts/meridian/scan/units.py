"""The plans of an environment's units: read for the scan, and judged by what Checkov said and by what they change."""

from collections.abc import Collection, Sequence
from pathlib import Path

from meridian.console import step
from meridian.errors import CouldNotTell, UserError
from meridian.generate.plan import UNIT
from meridian.modules.library import Library
from meridian.run.plans import Plans
from meridian.run.summary import holds_sentinel
from meridian.scan import changes, code, judged, nulls, subjects
from meridian.scan.engine import Result
from meridian.scan.finding import Finding, Place
from meridian.scan.subjects import Unit
from meridian.targets import Target


def planned(target: Target, folder: Path) -> list[Unit]:
    """Return every unit with its saved plan; where there is none that holds, plan first.

    `folder` takes the released modules, and the plans as Checkov gets them.
    Raises CouldNotTell where a unit has no plan after all.
    """
    plans = Plans(target)
    name = target.environment.name
    live = target.root / "live" / name
    wanted = {file.parent.relative_to(live).as_posix() for file in live.glob(f"*/*/{UNIT}")}
    try:
        found = {one.unit for one in plans.load()}
    except UserError:
        found = set()
    if found != wanted:
        with step(f"plan {name}"):
            found = {one.unit for one in plans.make()}
    if missing := sorted(wanted - found):
        raise CouldNotTell(f"{name}/{missing[0]}: it has no plan.", "Plan again.")
    return read(target, sorted(found), folder)


def read(target: Target, names: Collection[str], folder: Path) -> list[Unit]:
    """Return the named units (`<region>/<unit>`) with their saved plans and the code of the modules they run."""
    library = Library(target.root)
    pins = target.environment.versions
    plans = Plans(target).folder
    saved = {file.parent.relative_to(plans).as_posix() for file in plans.glob("*/*/tfplan.json")}
    # The pool's unit may have nothing to apply and still says which issuer is the environment's own.
    read_plans = {
        name: subjects.read_plan(plans / name / "tfplan.json", f"{target.environment.name}/{name}")
        for name in sorted(saved | set(names))
    }
    issuers = subjects.issuers(read_plans.values())
    found = []
    for name in names:
        module = name.partition("/")[2]
        plan = read_plans[name]
        inside = target.root / "modules" / module
        if pins is not None:
            inside = subjects.released(target.root, library.releases[module, pins[module]], folder)
        told = nulls.write(plan, folder / "plans" / name / "tfplan.json")
        mocked = holds_sentinel(dict(plan))
        found.append(Unit(target.environment, name, plan, told, code.read(inside), mocked, issuers, target.repository))
    return found


def judge(root: Path, unit: Unit, results: Sequence[Result], *, final: bool) -> list[Finding]:
    """Return what is wrong with a unit's plan; `final`: it is about to be applied, so a mock in it is a finding."""
    place = Place(unit.environment.name, unit.region, unit.module)
    found = judged.findings(root, unit.code, results, place, unit.provisional)
    return found + changes.judge(unit.plan, place=place, module=unit.module, lines=unit.code.blocks, final=final)
