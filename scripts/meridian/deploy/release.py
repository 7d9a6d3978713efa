"""Applies the plans of units; a new version of a function gets a share of the calls before it gets all, if asked to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from meridian.console import say, step
from meridian.deploy.moving import Alias, find_moving, find_unpublished
from meridian.deploy.shift import Shift, shift_calls
from meridian.errors import OperationFailed
from meridian.plans import terragrunt
from meridian.plans.changes import UnitChanges
from meridian.plans.recording import record_applied
from meridian.plans.saved import Plans
from meridian.plans.terragrunt import RunResult
from meridian.recover.errored import save_errored
from meridian.state.records import drop_records
from meridian.targets import Target


@dataclass
class Release:
    """One apply of saved plans; `require` raises if a plan that was made again does more than the approved one."""

    target: Target
    plans: Plans
    shift: Shift | None
    require: Callable[[Mapping[str, UnitChanges]], None]
    published: set[str] = field(default_factory=set)
    shifted: bool = False

    def publish(self, units: Sequence[str]) -> set[str]:
        """Apply only the functions for whose new versions aliases of units wait; return these units, to plan again.

        Nothing without a shift, and nothing twice.
        """
        asked = [unit for unit in units if self.shift and unit not in self.published]
        found = {unit: find_unpublished(unit, self.plans.read(unit)) for unit in self._lasting(asked)}
        held = [unit for unit, functions in found.items() if functions]
        if held:
            part = Plans(self.target, "apply", only=tuple(sorted({one for unit in held for one in found[unit]})))
            try:
                with step(f"publish new versions in {', '.join(held)}; they get no calls yet"):
                    self.require(part.changes(part.make(held)))
                    _require_all(self._run(held, part.folder)[0], held)
            finally:
                part.discard()
        self.published |= {*held}
        return {*held}

    def apply(self, units: Sequence[str]) -> list[str]:
        """Apply the saved plans of units, and return these; a new version gets its share of the calls before."""
        if not units:
            return []
        if self.shift and (moving := self._find_moving(units)):
            shift_calls(self.target, self.shift, moving)
            self.shifted = True
        result, dropped = self._run(units, self.plans.folder)
        record_applied(self.target, self.plans, result.succeeded, dropped)
        self.plans.forget(result.succeeded)
        return _require_all(result, units)

    def conclude(self) -> None:
        """Say so if a shift was asked for and no function has a new version."""
        if self.shift and not self.shifted:
            say("   no alias moves to a new version of a function: no calls were shifted")

    def _find_moving(self, units: Sequence[str]) -> list[Alias]:
        return [one for unit in self._lasting(units) for one in find_moving(unit, self.plans.read(unit))]

    def _lasting(self, units: Sequence[str]) -> list[str]:
        """Leave out regions that are retiring: they are not verified."""
        return [unit for unit in units if unit.partition("/")[0] in self.target.environment.lasting_region_names]

    def _run(self, units: Sequence[str], folder: Path) -> tuple[RunResult, Mapping[str, str]]:
        """Apply the plans of units in a folder; return which records were dropped, too."""
        # A plan that was applied in part is stale: whatever ends this run, the next one plans these units again, and
        # Terragrunt must not try the same plan a second time.
        self.plans.keep_approved(units)
        dropped = drop_records(self.target, units)
        options = ["--out-dir", str(folder), "--no-auto-retry"]
        try:
            return terragrunt.run(self.target, "apply", units=units, options=options), dropped
        finally:
            save_errored(self.target)


def _require_all(result: RunResult, units: Sequence[str]) -> list[str]:
    result.require_success("The apply")
    missing = sorted(set(units) - set(result.succeeded))
    if missing:
        raise OperationFailed(f"{', '.join(missing)}: Terragrunt did not report an apply.", f"The log: {result.log}")
    return list(result.succeeded)
