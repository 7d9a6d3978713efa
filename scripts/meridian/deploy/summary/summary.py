"""The one summary of an environment's plan: read once from the saved plans, shown in three forms."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from meridian.deploy.summary.dangers import Danger, find_dangers
from meridian.deploy.summary.readers import find_readers_of_outputs
from meridian.deploy.summary.rows import OutputRow, Row, make_output_rows, make_rows
from meridian.deploy.summary.words import name_regions
from meridian.plans import terragrunt
from meridian.plans.changes import read_changes
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan


@dataclass(frozen=True)
class Summary:
    """What the saved plans of one environment change; `left_out` is the sentence on units that were not planned."""

    environment: str
    plans: tuple[UnitPlan, ...] = ()
    dangers: tuple[Danger, ...] = ()
    rows: tuple[Row, ...] = ()
    outputs: tuple[OutputRow, ...] = ()
    left_out: str = ""

    @property
    def provisional(self) -> tuple[str, ...]:
        """The units whose plan holds a mock: what they change is not known yet."""
        return tuple(plan.unit for plan in self.plans if plan.provisional)

    @property
    def total(self) -> str:
        """One sentence with the number of resources by action, and of units."""
        if not self.plans:
            return "No unit was planned."
        changing = [plan for plan in self.plans if not plan.empty]
        units = f"{len(self.plans)} unit{'' if len(self.plans) == 1 else 's'}"
        if not changing:
            return f"No changes in {units}."
        counts = {action: sum(plan.count(action) for plan in changing) for action in COUNTED}
        said = ", ".join(f"{number} to {action}" for action, number in counts.items() if number) or "only outputs"
        return f"{said}, in {len(changing)} of {units}."

    def where(self, regions: Sequence[str], unit: str) -> str:
        """Return the regions and the unit of a row, e.g. `eu-west-1, us-east-1: compute`."""
        everywhere = sum(1 for plan in self.plans if plan.unit.partition("/")[2] == unit)
        return f"{name_regions(regions, everywhere)}: {unit}"

    def body(self) -> Mapping[str, Any]:
        """Return the summary for a report, also the attributes of new resources, without a sensitive value."""
        rows = {name: [asdict(one) for one in getattr(self, name)] for name in ("dangers", "rows", "outputs")}
        return {"total": self.total, **rows, "not_yet_known": self.provisional, "left_out": self.left_out}


COUNTED = ("create", "update", "replace", "delete", "forget", "create and forget", "move", "import")


def read_summary(plans: Plans, saved: Sequence[UnitPlan], left_out: str = "") -> Summary:
    """Return the summary of the saved plans; raises what `Plans.read` does."""
    name = plans.target.environment.name
    # Terraform writes no JSON for a plan without changes.
    found = [(one.unit, plans.read(one.unit)) for one in saved if not one.empty]
    changes = [read_changes(unit, plan) for unit, plan in found]
    readers = find_readers_of_outputs(terragrunt.live_dir(plans.target))
    return Summary(
        name,
        tuple(saved),
        tuple(find_dangers(name, found)),
        tuple(make_rows(changes)),
        tuple(make_output_rows(changes, readers)),
        left_out,
    )
