"""Which units `--changed` plans: those whose last successful apply was made from something else, or is not known."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from meridian.plans import terraform
from meridian.plans.graph import with_dependents
from meridian.plans.inputs import hash_inputs, hash_sources, read_needs
from meridian.plans.outputs import Current, read_current
from meridian.state.records import Record, read_records
from meridian.targets import Target


def read_inputs(target: Target, units: Iterable[str]) -> dict[str, str]:
    """Return the fingerprint of what goes into the plans of units now; one that cannot be known is missing."""
    needs = read_needs(target)
    wanted = [unit for unit in units if unit in needs]
    read = read_current(target, sorted({need for unit in wanted for need in needs[unit]}))
    sources = hash_sources(target)
    return hash_inputs(
        {unit: sources[unit] for unit in wanted if unit in sources},
        needs,
        {unit: current.outputs for unit, current in read.items()},
    )


def find_changed(target: Target) -> list[str]:
    """Return the units of an environment that may have something to plan, and those that depend on them, sorted.

    Drift is not looked for: AWS is not asked about any resource.
    """
    needs = read_needs(target)
    with ThreadPoolExecutor(1) as pool:
        version = pool.submit(terraform.read_version, target)
        current = read_current(target, needs)
        outputs = {unit: one.outputs for unit, one in current.items()}
        inputs = hash_inputs(hash_sources(target), needs, outputs)
        records = read_records(target, needs)
        return compare(needs, inputs, version.result(), current, records)


def compare(
    needs: Mapping[str, Sequence[str]],
    inputs: Mapping[str, str],
    version: str,
    current: Mapping[str, Current],
    records: Mapping[str, Record],
) -> list[str]:
    """Return the units of `needs` without a record of exactly these inputs and states, with all their dependents."""
    return with_dependents(
        [unit for unit in needs if not _is_recorded(unit, inputs, version, current, records)],
        needs,
    )


def _is_recorded(
    unit: str,
    inputs: Mapping[str, str],
    version: str,
    current: Mapping[str, Current],
    records: Mapping[str, Record],
) -> bool:
    if unit not in inputs or unit not in current or not current[unit].version:
        return False
    return records.get(unit) == Record(inputs[unit], version, current[unit].version)
