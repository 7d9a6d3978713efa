"""Which units may be applied now: no mock, and nothing before them that holds one."""

import pytest

from meridian.run.apply import ready
from meridian.run.summary import UnitPlan

NEEDS = {
    "p/identity": (),
    "p/data": (),
    "p/compute": ("p/identity", "p/data"),
    "e/data": (),
    "e/compute": ("p/identity", "e/data"),
    "e/edge": ("e/compute",),
}


def _plans(*provisional: str) -> dict[str, UnitPlan]:
    return {unit: UnitPlan(unit, (("create", "a.b"),), False, unit in provisional) for unit in NEEDS}


@pytest.mark.parametrize(
    ("provisional", "expected"),
    [
        ((), ["e/compute", "e/data", "e/edge", "p/compute", "p/data", "p/identity"]),
        (("p/compute", "e/compute"), ["e/data", "p/data", "p/identity"]),
        (("p/identity",), ["e/data", "p/data"]),
    ],
    ids=["nothing provisional", "computes provisional", "the first one provisional"],
)
def test_provisional_units_hold_back_themselves_and_their_dependents(
    provisional: tuple[str, ...], expected: list[str]
) -> None:
    assert ready(_plans(*provisional), NEEDS) == expected


def test_a_unit_that_is_applied_already_holds_nothing_back() -> None:
    plans = {unit: plan for unit, plan in _plans().items() if unit.startswith("e/")}
    assert ready(plans, NEEDS) == ["e/compute", "e/data", "e/edge"]
