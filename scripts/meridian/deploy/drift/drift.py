"""The drift of an environment as rows: read once from refreshed plans, shown in three forms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from meridian.deploy.drift.origins import Origins
from meridian.deploy.summary.regions import without_region
from meridian.deploy.summary.rows import Row, make_rows
from meridian.deploy.summary.summary import Summary
from meridian.errors import CouldNotTell
from meridian.plans.changes import Change, UnitChanges
from meridian.plans.drift import UnitDrift, sort_changes
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan

WORDS = {"update": "changed", "delete": "deleted"}
"""What has happened in AWS to a resource, by the action that the plan's drift names."""


@dataclass(frozen=True)
class Drifted:
    """One difference, from what was applied to what AWS has; `accept` are the places to edit to keep it."""

    row: Row
    accept: tuple[str, ...]


@dataclass(frozen=True)
class Drift:
    """What differs in one environment; `summary` has the units that were compared."""

    summary: Summary
    drifted: tuple[Drifted, ...] = ()
    following: tuple[Row, ...] = ()
    not_applied: tuple[Row, ...] = ()
    not_deployed: tuple[str, ...] = ()

    @property
    def total(self) -> str:
        """One sentence with the number of resources that drifted, and of units."""
        count = len(self.summary.plans)
        units = f"{count} unit{'' if count == 1 else 's'}"
        if not self.drifted:
            return f"No drift in {units}."
        number = sum(len(one.row.regions) for one in self.drifted)
        places = {(region, one.row.unit) for one in self.drifted for region in one.row.regions}
        resources = "1 resource differs" if number == 1 else f"{number} resources differ"
        return f"{resources} from what was applied, in {len(places)} of {units}."

    def where(self, row: Row) -> str:
        """Return the regions and the unit of a row."""
        return self.summary.where(row.regions, row.unit)

    def body(self) -> Mapping[str, Any]:
        """Return the drift for a report, without a sensitive value."""
        return {
            "total": self.total,
            "drift": [{**asdict(one.row), "accept": one.accept} for one in self.drifted],
            "following": [asdict(one) for one in self.following],
            "not_applied": [asdict(one) for one in self.not_applied],
            "not_deployed": self.not_deployed,
            "left_out": self.summary.left_out,
        }


def read_drift(plans: Plans, saved: Sequence[UnitPlan], left_out: str = "") -> Drift:
    """Return the drift in refreshed plans; CouldNotTell if no unit has a state, and what `Plans.read` raises.

    An empty plan has none: no apply would change anything.
    """
    name = plans.target.environment.name
    changing = [one.unit for one in saved if not one.empty]
    documents = dict(zip(changing, plans.read_all(changing), strict=True))
    found = [sort_changes(unit, plan) for unit, plan in documents.items()]
    not_deployed = tuple(one.unit for one in found if not one.deployed)
    if len(not_deployed) == len(saved):
        raise CouldNotTell(
            f"{name}: no unit has a resource in its state, so there is nothing to compare AWS with.",
            f"Deploy it: `meridian apply {plans.target.arguments}`.",
        )
    deployed = [one for one in found if one.deployed]
    origins = Origins(plans.target)
    accept = {
        (one.unit, _bare(one.unit, change)): origins.find(one.unit, documents[one.unit], change)
        for one in deployed
        for change in one.drifted
    }
    return Drift(
        Summary(name, tuple(saved), left_out=left_out),
        tuple(Drifted(row, _accept(row, accept)) for row in _rows(deployed, "drifted")),
        tuple(_rows(deployed, "following")),
        tuple(_rows(deployed, "not_applied")),
        not_deployed,
    )


def _rows(units: Iterable[UnitDrift], kind: str) -> list[Row]:
    rows = make_rows(UnitChanges(one.unit, getattr(one, kind), ()) for one in units)
    return [replace(row, action=WORDS[row.action]) for row in rows] if kind == "drifted" else rows


def _bare(unit: str, resource: Change | Row) -> str:
    return without_region(resource.address, unit.partition("/")[0])


def _accept(row: Row, places: Mapping[tuple[str, str], Sequence[str]]) -> tuple[str, ...]:
    units = [f"{region}/{row.unit}" for region in row.regions]
    return tuple(dict.fromkeys(place for unit in units for place in places[unit, _bare(unit, row)]))
