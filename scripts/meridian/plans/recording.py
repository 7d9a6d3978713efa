"""Writes down from what a unit was applied, after its success only, for `--changed`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from meridian.console import say
from meridian.errors import CouldNotTell
from meridian.plans import terraform
from meridian.plans.inputs import hash_inputs, hash_sources, read_needs
from meridian.plans.outputs import read_current
from meridian.plans.saved import Plans
from meridian.plans.terragrunt import find_units
from meridian.state.contents import StateObject
from meridian.state.records import Record, drop_records, read_records, read_state_versions, write_records
from meridian.targets import Target


def record_applied(target: Target, plans: Plans, units: Iterable[str], dropped: Mapping[str, str]) -> None:
    """Write the records of units whose saved plans have just been applied; `dropped` is of before the apply."""
    versions = read_state_versions(target, units)
    write_records(target, _known({unit: plans.record(unit, state) for unit, state in versions.items()}), dropped)


def record_empty(target: Target, plans: Plans, units: Sequence[str], states: Iterable[StateObject]) -> None:
    """Write the records of units whose plan had nothing to apply, unless they are there.

    `states` were read before the apply; a plan that was made for another state is not recorded.
    """
    found = list(states)
    stale = plans.find_stale(units, found)
    records = _known({one.unit: plans.record(one.unit, one.version_id) for one in found if one.unit in units})
    there = read_records(target, records)
    missing = {unit: one for unit, one in records.items() if unit not in stale and there.get(unit) != one}
    try:
        write_records(target, missing, drop_records(target, missing))
    except CouldNotTell as error:
        # Their states do not change, so nothing has to be dropped.
        say(f"   {error.message}")


@contextmanager
def recorded(target: Target) -> Iterator[list[str]]:
    """Drop every record, let Terragrunt apply without saved plans, and record the units that were put on the list."""
    sources = hash_sources(target)
    dropped = drop_records(target, find_units(target))
    applied: list[str] = []
    yield applied
    needs = read_needs(target)
    current = read_current(target, needs)
    inputs = hash_inputs(sources, needs, {unit: one.outputs for unit, one in current.items()})
    version = terraform.read_version(target)
    write_records(
        target,
        {
            unit: Record(inputs[unit], version, current[unit].version)
            for unit in applied
            if unit in inputs and unit in current and current[unit].version
        },
        dropped,
    )


def _known(records: dict[str, Record | None]) -> dict[str, Record]:
    return {unit: record for unit, record in records.items() if record}
