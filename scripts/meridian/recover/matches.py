"""Matches what a unit's plan would create with what exists already, and so what has to be imported."""

from collections.abc import Mapping
from dataclasses import dataclass

from meridian.plans.plan_json import Plan
from meridian.recover.finders import FINDERS, Scene


@dataclass(frozen=True)
class Import:
    """A real resource, and the address in a unit under which a state has to know it."""

    unit: str
    address: str
    id: str


def match_plan(scene: Scene, unit: str, plan: Plan) -> list[Import]:
    """Return what to import into a unit: each planned create whose real resource exists."""
    for entry in plan.changes:
        before = entry["change"].get("before")
        if entry["mode"] == "managed" and isinstance(before, Mapping) and before.get("id"):
            scene.ids.setdefault(entry["type"], []).append(str(before["id"]))
    found = []
    creates = [one for one in plan.changes if one["mode"] == "managed" and one["change"]["actions"] == ["create"]]
    for kind, find in FINDERS.items():
        for entry in (one for one in creates if one["type"] == kind):
            if identity := find(scene, entry["change"]["after"]):
                found.append(Import(unit, str(entry["address"]), identity))
                # The id of a part names what it is a part of, too.
                scene.ids.setdefault(kind, []).append(identity)
    return found
