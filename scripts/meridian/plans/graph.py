"""The order of units: who needs whom, directly or through others."""

from collections.abc import Collection, Iterable, Mapping, Sequence

Needs = Mapping[str, Sequence[str]]
"""Each unit with the units that it needs."""


def with_dependents(units: Collection[str], needs: Needs) -> list[str]:
    """Return units and those that need one of them, directly or through others, sorted."""
    found = set(units)
    while more := {unit for unit in needs.keys() - found if found & set(needs[unit])}:
        found |= more
    return sorted(found)


def with_needs(units: Iterable[str], needs: Needs) -> list[str]:
    """Return units and what they need, directly or through others, sorted."""
    found = set(units)
    while more := {need for unit in found for need in needs.get(unit, ())} - found:
        found |= more
    return sorted(found)
