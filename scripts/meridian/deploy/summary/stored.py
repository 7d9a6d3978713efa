"""A summary in a report of another job: written whole, and read without trust."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from meridian.deploy.summary.dangers import Danger
from meridian.deploy.summary.rows import ORDER, Line, OutputRow, Row
from meridian.deploy.summary.summary import Summary
from meridian.plans.summary import UnitPlan

NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)?")


def store_summary(summary: Summary) -> dict[str, Any]:
    """Return what `restore_summary` reads, without a sensitive value."""
    units = [asdict(one) for one in summary.plans]
    return {"environment": summary.environment, "units": units, **summary.body()}


def restore_summary(body: Mapping[str, Any]) -> Summary:
    """Return a stored summary; raises AttributeError, LookupError, TypeError or ValueError for anything else.

    A text that is shown without escapes is refused unless it is a name.
    """
    summary = Summary(
        environment=body["environment"],
        plans=tuple(UnitPlan(**{**one, "changes": _pairs(one["changes"])}) for one in body["units"]),
        dangers=tuple(Danger(**{**one, "regions": tuple(one["regions"])}) for one in body["dangers"]),
        rows=tuple(map(_row, body["rows"])),
        outputs=tuple(
            OutputRow(**{**one, "regions": tuple(one["regions"]), "readers": tuple(one["readers"])})
            for one in body["outputs"]
        ),
        left_out=str(body["left_out"]),
    )
    for name in _shown(summary):
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a name")
    if odd := {row.action for row in summary.rows} - set(ORDER):
        raise ValueError(f"{sorted(odd)} is not an action")
    return summary


def _row(one: Mapping[str, Any]) -> Row:
    attributes = tuple(Line(**line) for line in one["attributes"])
    return Row(**{**one, "regions": tuple(one["regions"]), "attributes": attributes})


def _pairs(changes: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(action), str(address)) for action, address in changes)


def _shown(summary: Summary) -> Iterator[str]:
    yield summary.environment
    yield from (plan.unit for plan in summary.plans)
    places = [
        *((one.regions, one.unit) for one in summary.dangers),
        *((one.regions, one.unit) for one in summary.rows),
        *((one.regions, one.unit) for one in summary.outputs),
    ]
    for regions, unit in places:
        yield from (*regions, unit)
    for one in summary.outputs:
        yield from one.readers
