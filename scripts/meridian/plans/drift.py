"""What differs between the states and AWS, told apart from what is not applied yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from meridian.plans.changes import Attribute, Change, list_changes
from meridian.plans.plan_json import Plan


@dataclass(frozen=True)
class UnitDrift:
    """What one unit's plan says about AWS: `drifted` goes from the state to AWS, the others from AWS to the plan.

    `following` changes only because of what drifted, e.g. the policy of a topic that was deleted.
    """

    unit: str
    drifted: tuple[Change, ...] = ()
    following: tuple[Change, ...] = ()
    not_applied: tuple[Change, ...] = ()
    deployed: bool = True


def sort_changes(unit: str, plan: Plan) -> UnitDrift:
    """Return the drift in one unit's refreshed plan.

    A difference that no apply would change is not drift: AWS computes it, or the configuration has it by now.
    """
    found = {one.address: one for one in list_changes(plan.drift) if one.action in {"update", "delete"}}
    drifted, left = [], []
    for planned in list_changes(plan.changes):
        one = found.get(planned.address)
        if one and one.action == "delete" and planned.action == "create":
            drifted.append(one)
            continue
        undone = _undone(one, planned, find_expressions(plan, planned.address)) if one else ()
        if one and undone:
            drifted.append(replace(one, attributes=_without_copies(undone)))
        if rest := _rest(planned, undone):
            left.append(rest)
    following = tuple(one for one in left if drifted and _is_consequence(one))
    not_applied = tuple(one for one in left if one not in following)
    return UnitDrift(unit, tuple(drifted), following, not_applied, bool(found) or _has_state(plan))


def find_expressions(plan: Plan, address: str) -> Mapping[str, Any]:
    """Return what the root module sets of a resource, by attribute; empty for a resource that it does not have."""
    root = plan.document.get("configuration", {}).get("root_module", {})
    bare = address.partition("[")[0]
    return next((dict(one.get("expressions", {})) for one in root.get("resources", ()) if one["address"] == bare), {})


def _undone(drift: Change, planned: Change, expressions: Mapping[str, Any]) -> tuple[Attribute, ...]:
    """Return the drifted attributes that an apply changes.

    A value that is known only after the apply counts if the module sets it; AWS computes all others anew.
    """
    if planned.action not in {"update", "replace"}:
        return ()
    changing = [one.path for one in planned.attributes if not one.unknown or _top(one.path) in expressions]
    met = [one for one in drift.attributes if any(_overlap(one.path, path) for path in changing)]
    # Blocks that were added or removed have other paths on the way back.
    tops = {_top(path) for path in changing} - {_top(one.path) for one in met}
    return tuple(one for one in drift.attributes if one in met or _top(one.path) in tops)


def _without_copies(attributes: Sequence[Attribute]) -> tuple[Attribute, ...]:
    """Return attributes without those of `tags_all` that stand in `tags` too."""
    paths = {one.path for one in attributes}
    copies = {path for path in paths if path.startswith("tags_all.") and f"tags.{path[9:]}" in paths}
    return tuple(one for one in attributes if one.path not in copies)


def _rest(planned: Change, undone: Sequence[Attribute]) -> Change | None:
    """Return what a planned change does besides putting back what drifted, None for nothing."""
    if not undone:
        return planned
    elsewhere = {_top(one.path) for one in undone if not any(_overlap(one.path, it.path) for it in planned.attributes)}
    rest = [
        one
        for one in planned.attributes
        if not one.unknown
        and _top(one.path) not in elsewhere
        and not any(_overlap(one.path, other.path) for other in undone)
    ]
    return replace(planned, attributes=tuple(rest)) if rest else None


def _is_consequence(change: Change) -> bool:
    """Return whether a change has no value of its own: all of it is known only after the apply."""
    return change.action in {"update", "replace"} and all(one.unknown for one in change.attributes)


def _overlap(path: str, other: str) -> bool:
    return f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}.")


def _top(path: str) -> str:
    return path.partition(".")[0]


def _has_state(plan: Plan) -> bool:
    state = plan.document.get("prior_state", {}).get("values", {}).get("root_module", {})
    return any(one["mode"] == "managed" for one in state.get("resources", ()))
