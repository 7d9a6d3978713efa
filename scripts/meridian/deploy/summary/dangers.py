"""The dangerous changes of a plan: what the gate finds in it, and addresses that clients hold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from meridian.deploy.summary.regions import Entry, merge_regions
from meridian.gate.finding import Place
from meridian.gate.rules import changes
from meridian.plans.plan_json import Plan
from policies.checks._aws import TYPES

ADDRESS = "ADDRESS"


@dataclass(frozen=True)
class Danger:
    """One dangerous change; `check` is the gate's rule, or ADDRESS for one that the gate accepts."""

    regions: tuple[str, ...]
    unit: str
    check: str
    sentence: str


def find_dangers(environment: str, plans: Iterable[tuple[str, Plan]]) -> list[Danger]:
    """Return the dangerous changes of all units, the same one in several regions once, in the rules' order."""
    found = merge_regions(entry for unit, plan in plans for entry in _entries(environment, unit, plan))
    dangers = [Danger(one.regions, one.unit, str(one.key[0]), one.texts[0]) for one in found]
    return sorted(dangers, key=lambda one: (one.check == ADDRESS, one.check, one.unit, one.sentence))


def _entries(environment: str, unit: str, plan: Plan) -> Iterator[Entry]:
    region, _, module = unit.partition("/")
    place = Place(environment, region, module)
    for finding in changes.find_in_changes(plan, place=place, lines={}, final=False):
        yield Entry(unit, (finding.check,), (finding.what,))
    for change in plan.changes:
        if change.get("mode") == "managed" and (sentence := _lost_address(change)):
            yield Entry(unit, (ADDRESS,), (sentence,))


def _lost_address(change: Any) -> str:
    kind = TYPES.get(str(change.get("type")))
    actions = change["change"]["actions"]
    if kind is None or not kind.address or "delete" not in actions:
        return ""
    fate = "replaced" if "create" in actions else "destroyed"
    return f"{change['type']}.{change['name']} would be {fate}: clients lose {kind.address}."
