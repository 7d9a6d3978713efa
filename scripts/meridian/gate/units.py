"""The plans of an environment's units: read for the scan, then turned into findings."""

from collections.abc import Collection, Sequence
from pathlib import Path

from meridian.console import step
from meridian.errors import CouldNotTell, UserError
from meridian.gate import code, subjects
from meridian.gate.checkov import judged, nulls
from meridian.gate.checkov.engine import Result
from meridian.gate.finding import Finding, Place
from meridian.gate.rules import changes
from meridian.gate.subjects import Unit
from meridian.modules.library import Library
from meridian.plans.saved import Plans
from meridian.render.plan import UNIT
from meridian.targets import Target


def plan_units(target: Target, folder: Path) -> list[Unit]:
    """Return every unit with its saved plan; plan first if a plan is missing or outdated.

    Released modules and the copies of plans for Checkov go into `folder`.
    Raises CouldNotTell if a unit still has no plan.
    """
    plans = Plans(target)
    name = target.environment.name
    live = target.root / "live" / name
    wanted = {file.parent.relative_to(live).as_posix() for file in live.glob(f"*/*/{UNIT}")}
    try:
        found = set(plans.saved())
    except UserError:
        found = set()
    if found != wanted:
        with step(f"plan {name}"):
            found = {one.unit for one in plans.make()}
    if missing := sorted(wanted - found):
        raise CouldNotTell(f"{name}/{missing[0]}: it has no plan.", "Plan again.")
    return read_units(target, sorted(found), folder)


def read_units(target: Target, names: Collection[str], folder: Path) -> list[Unit]:
    """Return the named units (`<region>/<unit>`) with their saved plans and the code of their modules."""
    library = Library(target.root)
    pins = target.environment.versions
    plans = Plans(target)
    saved = {file.parent.relative_to(plans.folder).as_posix() for file in plans.folder.glob("*/*/tfplan.json")}
    # The pool's unit may have nothing to apply, and its plan still names the environment's own issuer.
    found_plans = {name: plans.read(name) for name in sorted(saved | set(names))}
    issuers = subjects.find_issuers(found_plans.values())
    found = []
    for name in names:
        module = name.partition("/")[2]
        plan = found_plans[name]
        inside = target.root / "modules" / module
        if pins is not None:
            inside = subjects.extract_release(target.root, library.releases[module, pins[module]], folder)
        copy = nulls.write_without_nulls(plan, folder / "plans" / name / "tfplan.json")
        found.append(Unit(target.environment, name, plan, copy, code.read_module(inside), issuers, target.repository))
    return found


def find_in_unit(root: Path, unit: Unit, results: Sequence[Result], *, final: bool) -> list[Finding]:
    """Return the findings of a unit's plan; `final`: the plan is about to be applied, so a mock is a finding."""
    place = Place(unit.environment.name, unit.region, unit.module)
    found = judged.checkov_findings(root, unit.code, results, place, unit.provisional)
    return found + changes.find_in_changes(
        unit.plan, place=place, module=unit.module, lines=unit.code.blocks, final=final
    )
