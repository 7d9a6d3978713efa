"""Which units may be applied now: no mock, and nothing before them that holds one."""

from collections.abc import Sequence

import pytest

from meridian.deploy import apply
from meridian.deploy.apply import apply_saved, ready_units
from meridian.errors import OperationFailed, Refused
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan
from meridian.plans.terragrunt import RunResult
from meridian.targets import Target

NEEDS = {
    "p/identity": (),
    "p/data": (),
    "p/compute": ("p/identity", "p/data"),
    "e/data": (),
    "e/compute": ("p/identity", "e/data"),
    "e/edge": ("e/compute",),
}


def _plan(unit: str, *, provisional: bool = False, outputs_change: bool = False) -> UnitPlan:
    return UnitPlan(unit, (("create", "a.b"),), outputs_change, provisional, applyable=True)


def _plans() -> dict[str, UnitPlan]:
    return {unit: _plan(unit) for unit in NEEDS}


@pytest.mark.parametrize(
    ("outdated", "expected"),
    [
        ((), ["e/compute", "e/data", "e/edge", "p/compute", "p/data", "p/identity"]),
        (("p/compute", "e/compute"), ["e/data", "p/data", "p/identity"]),
        (("p/identity",), ["e/data", "p/data"]),
    ],
    ids=["nothing", "the computes", "the first one"],
)
def test_outdated_units_hold_back_themselves_and_their_dependents(
    outdated: tuple[str, ...], expected: list[str]
) -> None:
    assert ready_units(_plans(), NEEDS, outdated) == expected


def test_a_unit_that_is_applied_already_holds_nothing_back() -> None:
    plans = {unit: plan for unit, plan in _plans().items() if unit.startswith("e/")}
    assert ready_units(plans, NEEDS, []) == ["e/compute", "e/data", "e/edge"]


def test_the_gate_runs_before_each_level_is_applied(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of plans that were made again; the gate does not see a unit without changes."""
    steps: list[str] = []
    monkeypatch.setattr(
        apply.terragrunt, "read_graph", lambda _: {"p/data": (), "p/empty": (), "p/compute": ("p/data",)}
    )
    monkeypatch.setattr(apply, "_apply", lambda _, __, units: steps.append(f"apply {' '.join(units)}") or units)
    monkeypatch.setattr(Plans, "make", lambda _, units: [_plan(unit) for unit in units])
    saved = [
        _plan("p/data"),
        UnitPlan("p/empty", (), False, False, applyable=False),
        _plan("p/compute", provisional=True),
    ]

    def gate(_: Target, units: Sequence[str]) -> None:
        steps.append(f"gate {' '.join(units)}")

    assert apply_saved(target, Plans(target), saved, gate) == ["p/data", "p/compute"]
    assert steps == ["gate p/data", "apply p/data", "gate p/compute", "apply p/compute"]


def test_units_that_read_changing_outputs_are_planned_again(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saved plan without changes holds the old outputs; a plan that changes outputs again reaches the next one."""
    graph = {"p/identity": (), "p/data": (), "p/compute": ("p/identity",), "p/edge": ("p/compute",)}
    monkeypatch.setattr(apply.terragrunt, "read_graph", lambda _: graph)
    steps: list[str] = []
    monkeypatch.setattr(apply, "_apply", lambda _, __, units: steps.append(f"apply {' '.join(units)}") or units)

    def make(_: Plans, units: list[str]) -> list[UnitPlan]:
        steps.append(f"plan {' '.join(units)}")
        return [_plan(unit, outputs_change=unit == "p/compute") for unit in units]

    monkeypatch.setattr(Plans, "make", make)
    unchanged = [UnitPlan(f"p/{unit}", (), False, False, applyable=False) for unit in ("data", "compute", "edge")]
    saved = [_plan("p/identity", outputs_change=True), *unchanged]
    assert apply_saved(target, Plans(target), saved, lambda *_: None) == ["p/identity", "p/compute", "p/edge"]
    assert steps == ["apply p/identity", "plan p/compute", "apply p/compute", "plan p/edge", "apply p/edge"]


def test_a_provisional_plan_of_an_interrupted_apply_is_made_again(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it needs was applied by the earlier run; only a plan that still holds a mock then is an error."""
    monkeypatch.setattr(apply.terragrunt, "read_graph", lambda _: {"p/data": (), "p/compute": ("p/data",)})
    monkeypatch.setattr(apply, "_apply", lambda _, __, units: units)
    made: list[list[str]] = []

    def make(_: Plans, units: list[str]) -> list[UnitPlan]:
        made.append(units)
        return [_plan(unit, provisional=len(made) > 1) for unit in units]

    monkeypatch.setattr(Plans, "make", make)
    saved = [_plan("p/compute", provisional=True)]
    assert apply_saved(target, Plans(target), saved, lambda *_: None) == ["p/compute"]
    with pytest.raises(OperationFailed, match="p/compute: the plan still holds a mock"):
        apply_saved(target, Plans(target), saved, lambda *_: None)
    assert made == [["p/compute"], ["p/compute"]]


def test_a_saved_plan_of_a_unit_that_terragrunt_does_not_know_fails(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply.terragrunt, "read_graph", lambda _: {"p/data": ()})
    nothing = RunResult(0, {}, {}, target.work_dir)
    monkeypatch.setattr(apply.terragrunt, "run", lambda *_, **__: nothing)
    with pytest.raises(OperationFailed, match="Terragrunt reported no unit"):
        apply_saved(target, Plans(target), [_plan("p/gone")], lambda *_: None)


def test_what_the_gate_refuses_is_not_applied(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply.terragrunt, "read_graph", lambda _: {"p/data": ()})
    monkeypatch.setattr(apply, "_apply", lambda *_: pytest.fail("applied"))

    def gate(_: Target, __: Sequence[str]) -> None:
        raise Refused("no")

    with pytest.raises(Refused):
        apply_saved(target, Plans(target), [_plan("p/data")], gate)
