"""In which order saved plans are applied, which are made again, and what a new one may do."""

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from meridian.deploy import apply
from meridian.deploy.apply import apply_saved, ready_units
from meridian.errors import OperationFailed, Refused
from meridian.modules.contract import SENTINEL
from meridian.plans import terragrunt
from meridian.plans.approval import Swap
from meridian.plans.recording import record_empty
from meridian.plans.saved import INPUTS, Plans
from meridian.plans.summary import UnitPlan, summarise
from meridian.plans.terragrunt import RunResult
from meridian.state.contents import StateObject
from meridian.targets import Target
from tests.plans.bucket import Bucket

NEEDS = {
    "p/identity": (),
    "p/data": (),
    "p/compute": ("p/identity", "p/data"),
    "e/data": (),
    "e/compute": ("p/identity", "e/data"),
    "e/edge": ("e/compute",),
}
Document = dict[str, Any]


def _plan(unit: str) -> UnitPlan:
    return UnitPlan(unit, (("create", "a.b"),), outputs_change=False, provisional=False, applyable=True)


def document(*entries: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> Document:
    """Return a plan in Terraform's JSON form; without entries it changes nothing."""
    same = {"address": "a.same", "mode": "managed", "change": {"actions": ["no-op"]}}
    addresses = [{"address": one["address"], "mode": "managed"} for one in (*entries, same)]
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": addresses}},
        "resource_changes": [*({"mode": "managed", **one} for one in entries), same],
        "output_changes": dict(outputs or {}),
        "applyable": bool(entries or outputs),
        "complete": True,
        "errored": False,
    }


def update(attribute: str, before: object, after: object, address: str = "a.b") -> dict[str, Any]:
    """Return an update of one attribute."""
    return {
        "address": address,
        "change": {"actions": ["update"], "before": {attribute: before}, "after": {attribute: after}},
    }


def output(before: object, after: object) -> dict[str, Any]:
    """Return an output `id` that changes."""
    return {"id": {"actions": ["update"], "before": before, "after": after, "after_unknown": after is None}}


class World:
    """An environment whose Terragrunt is played: `later` has the plan that each unit gets when it is planned again."""

    def __init__(self, target: Target, monkeypatch: pytest.MonkeyPatch, graph: Mapping[str, Sequence[str]]) -> None:
        """Play the graph, and the outputs in `outputs`."""
        self.target, self.plans = target, Plans(target)
        self.later: dict[str, list[Document]] = {}
        self.outputs: dict[str, dict[str, str]] = {}
        self.steps: list[str] = []
        self.shown: list[UnitPlan] = []
        self.stale: set[str] = set()
        self.stopped: list[BaseException] = []
        self.failing: set[str] = set()
        self.serials: dict[str, int] = {}
        self.swaps: dict[str, Sequence[Swap]] = {}
        monkeypatch.setattr(terragrunt, "read_graph", lambda _: dict(graph))
        monkeypatch.setattr(terragrunt, "run", self._run)
        monkeypatch.setattr(apply, "read_outputs", lambda _: self.outputs)
        monkeypatch.setattr(Plans, "_make", lambda _, units: self._make(units))
        monkeypatch.setattr(Plans, "find_stale", lambda _, units, __: self.stale & set(units))
        monkeypatch.setattr(apply, "read_states", lambda _: [])
        self.bucket = Bucket()
        monkeypatch.setattr(Target, "client", lambda *_: self.bucket)

    def save(self, unit: str, plan: Document, plans: Plans | None = None) -> None:
        """Save a unit's plan as Terragrunt lays it out."""
        folder = (plans or self.plans).folder / unit
        folder.mkdir(parents=True, exist_ok=True)
        write_binary(folder / "tfplan.tfplan", serial=self.serials.get(unit, 0))
        (folder / INPUTS).write_text(f"inputs of {unit}")
        (folder / "tfplan.json").write_text(json.dumps(plan))

    def saved(self) -> list[UnitPlan]:
        """Return the summaries of the plans that are still to be applied."""
        folder = self.plans.folder
        units = sorted(str(path.parent.relative_to(folder)) for path in folder.glob("*/*/tfplan.tfplan"))
        return [summarise(unit, self.plans.read(unit)) for unit in units]

    def apply(self, **options: Any) -> list[str]:
        """Apply what is saved."""
        return apply_saved(self.target, self.plans, self.saved(), self._gate, show=self.shown.extend, **options)

    def _gate(self, _: Target, units: Sequence[str], swaps: Mapping[str, Sequence[Swap]]) -> None:
        self.swaps |= swaps
        self.steps.append(f"gate {' '.join(units)}")

    def _make(self, units: Sequence[str]) -> list[UnitPlan]:
        self.steps.append(f"plan {' '.join(units)}")
        for unit in units:
            later = self.later[unit]
            self.save(unit, later.pop(0) if len(later) > 1 else later[0])
        return [summarise(unit, self.plans.read(unit)) for unit in units]

    def _run(self, _: Target, verb: str, *, units: Sequence[str], options: Sequence[str]) -> RunResult:
        assert options[0] == "--out-dir"
        self.steps.append(f"{verb} {' '.join(units)}")
        if self.stopped:
            raise self.stopped.pop()
        self.without_record = set(units) - self.bucket.records().keys()
        done = [unit for unit in units if unit not in self.failing]
        for unit in done:
            self.bucket.put_state(unit)
        results = {unit: "succeeded" if unit in done else "failed" for unit in units}
        return RunResult(int(len(done) < len(units)), results, {}, Path("log"))


def write_binary(file: Path, serial: int) -> None:
    """Write a plan file of Terraform 1.11.4 that was made for a state."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tfplan", b"\x72\x061.11.4")
        archive.writestr("tfstate", json.dumps({"lineage": "a", "serial": serial}))


@pytest.fixture
def world(target: Target, monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    """Make a World from a graph."""
    return lambda **graph: World(target, monkeypatch, {f"p/{name}": needs for name, needs in graph.items()})


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
    assert ready_units({unit: _plan(unit) for unit in NEEDS}, NEEDS, outdated) == expected


def test_a_unit_that_is_applied_already_holds_nothing_back() -> None:
    plans = {unit: _plan(unit) for unit in NEEDS if unit.startswith("e/")}
    assert ready_units(plans, NEEDS, []) == ["e/compute", "e/data", "e/edge"]


def test_what_an_interrupted_apply_began_is_planned_again_by_the_next(world: Callable[..., World]) -> None:
    here = world(data=())
    here.save("p/data", document(update("tags", "a", "b")))
    here.later["p/data"] = [document(update("tags", "a", "b"))]
    here.stopped.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        here.apply()
    assert here.apply() == ["p/data"]
    assert here.steps == ["gate p/data", "apply p/data", "plan p/data", "gate p/data", "apply p/data"]
    assert here.plans.kept() == set()


def test_the_gate_runs_before_each_level_is_applied(world: Callable[..., World]) -> None:
    """Also of plans that were made again; neither gate nor apply sees a unit without changes."""
    here = world(data=(), empty=(), compute=("p/data",))
    here.save("p/data", document(update("size", 1, 2)))
    here.save("p/empty", document())
    here.save("p/compute", document(update("topic", "", f"{SENTINEL}-arn")))
    here.later["p/compute"] = [document(update("topic", "", "arn"))]
    assert here.apply() == ["p/data", "p/compute"]
    assert here.steps == ["gate p/data", "apply p/data", "plan p/compute", "gate p/compute", "apply p/compute"]
    assert [(one.unit, one.provisional) for one in here.shown] == [("p/compute", False)]


def test_a_unit_that_reads_a_changed_output_follows_it(world: Callable[..., World]) -> None:
    """Its saved plan without changes holds the old output; what it changes then reaches the next reader."""
    here = world(identity=(), data=(), compute=("p/identity", "p/data"), edge=("p/compute",))
    here.save("p/identity", document(update("name", "a", "b"), outputs=output("old-id", None)))
    for unit in ("data", "compute", "edge"):
        here.save(f"p/{unit}", document())
    here.outputs = {"p/identity": {"id": "new-id"}, "p/compute": {"id": "compute-new-id"}}
    function = update("audience", ["x", "is old-id"], ["is new-id", "x"])
    function["change"]["after_unknown"] = {"version": True}
    here.later["p/compute"] = [document(function, outputs=output("compute-old-id", "compute-new-id"))]
    here.later["p/edge"] = [document(update("origin", "compute-old-id", "compute-new-id"))]
    assert here.apply() == ["p/identity", "p/compute", "p/edge"]
    # A policy may follow an id that AWS has chosen, not one that stands in the plan.
    assert here.swaps == {"p/compute": [("old-id", "new-id")], "p/edge": []}


def test_more_than_was_approved_is_refused_until_it_is_accepted(world: Callable[..., World]) -> None:
    """Also by a second apply, which finds the new plan saved."""
    here = world(identity=(), compute=("p/identity",))
    here.save("p/identity", document(update("name", "a", "b"), outputs=output("old-id", "new-id")))
    here.save("p/compute", document())
    here.outputs = {"p/identity": {"id": "new-id"}}
    more = document(update("audience", "old-id", "new-id"), update("timeout", 5, 10, "a.greet"))
    here.later["p/compute"] = [more]
    for _ in range(2):
        with pytest.raises(Refused, match=r"p/compute: a\.greet: timeout: 5 -> 10$") as refused:
            here.apply()
        assert "meridian apply dev --target local --accept-new" in refused.value.hint
    assert "apply p/compute" not in here.steps
    assert here.apply(accept_new=True) == ["p/compute"]


def test_an_interrupted_apply_still_plans_the_readers_again(world: Callable[..., World]) -> None:
    """The first run ended after the unit whose output changes; its plan is gone, what it changed is not."""
    here = world(identity=(), compute=("p/identity",))
    here.save("p/identity", document(update("name", "a", "b"), outputs=output("old-id", "new-id")))
    here.save("p/compute", document())
    here.outputs = {"p/identity": {"id": "new-id"}}
    here.later["p/compute"] = [document(update("audience", "old-id", "new-id"))]
    here.plans.forget(["p/identity"])
    assert here.apply() == ["p/compute"]


def test_a_stale_plan_is_made_again(world: Callable[..., World]) -> None:
    """An apply was killed after Terraform had written the unit's state; only what is left of the plan is applied."""
    here = world(data=())
    here.save("p/data", document(update("size", 1, 2), update("name", "a", "b", "a.c")))
    here.stale = {"p/data"}
    here.later["p/data"] = [document(update("size", 1, 2))]
    assert here.apply() == ["p/data"]
    assert here.steps == ["plan p/data", "gate p/data", "apply p/data"]


def test_a_plan_that_still_holds_a_mock_is_an_error(world: Callable[..., World]) -> None:
    here = world(data=(), compute=("p/data",))
    here.save("p/compute", document(update("topic", "", f"{SENTINEL}-arn")))
    here.later["p/compute"] = [document(update("topic", "", f"{SENTINEL}-arn"))]
    with pytest.raises(OperationFailed, match="p/compute: the plan still holds a mock"):
        here.apply()


def test_a_saved_plan_of_a_unit_that_terragrunt_does_not_know_fails(
    world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(data=())
    here.save("p/gone", document(update("size", 1, 2)))
    nothing = RunResult(0, {}, {}, Path("log"))
    monkeypatch.setattr(terragrunt, "run", lambda *_, **__: nothing)
    with pytest.raises(OperationFailed, match="Terragrunt reported no unit"):
        here.apply()


def test_what_the_gate_refuses_is_not_applied(world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(data=())
    here.save("p/data", document(update("size", 1, 2)))

    def gate(*_: object) -> None:
        raise Refused("no")

    monkeypatch.setattr(here, "_gate", gate)
    with pytest.raises(Refused):
        here.apply()
    assert here.steps == []


def test_what_was_applied_is_recorded_and_what_failed_is_not(world: Callable[..., World]) -> None:
    """Former records are gone before Terraform begins."""
    here = world(data=(), identity=())
    for unit in ("p/data", "p/identity"):
        here.save(unit, document(update("size", 1, 2)))
        here.bucket.objects[f"live/dev/{unit}/fingerprint.json"] = (b"{}", "v")
    here.failing = {"p/identity"}
    with pytest.raises(OperationFailed):
        here.apply()
    assert here.without_record == {"p/data", "p/identity"}
    version = here.bucket.objects["live/dev/p/data/terraform.tfstate"][1]
    assert here.bucket.records() == {
        "p/data": {"format": 1, "fingerprint": "inputs of p/data", "engine": "terraform 1.11.4", "state": version}
    }


def test_a_unit_without_changes_is_recorded_once(world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that is right already stays as it is; nothing is applied."""
    here = world(data=())
    states = [StateObject("p/data", "key", {"lineage": "a", "serial": 4, "resources": []}, version_id="v4")]
    monkeypatch.setattr(apply, "read_states", lambda _: states)
    here.serials = {"p/data": 4}
    for _ in range(2):
        here.save("p/data", document())
        assert here.apply() == []
    assert here.bucket.records()["p/data"]["state"] == "v4"
    puts = [call for call in here.bucket.calls if call.startswith("PutObject")]
    assert puts == 2 * ["PutObject p/data/fingerprint.json"], "dropped and written, once"
    assert here.steps == []


@pytest.mark.parametrize(("serial", "recorded"), [(4, set()), (5, {"p/data"})])
def test_an_empty_plan_for_another_state_is_not_recorded(
    target: Target, monkeypatch: pytest.MonkeyPatch, serial: int, recorded: set[str]
) -> None:
    plans, bucket = Plans(target), Bucket()
    monkeypatch.setattr(Target, "client", lambda *_: bucket)
    folder = plans.folder / "p/data"
    folder.mkdir(parents=True)
    write_binary(folder / "tfplan.tfplan", serial)
    (folder / INPUTS).write_text("inputs")
    states = [StateObject("p/data", "key", {"lineage": "a", "serial": 5, "resources": []}, version_id="v5")]
    record_empty(target, plans, ["p/data"], states)
    assert bucket.records().keys() == recorded


def test_a_record_that_cannot_be_written_for_an_empty_plan_ends_nothing(
    world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = world(data=())
    states = [StateObject("p/data", "key", {"lineage": "a", "serial": 4, "resources": []}, version_id="v4")]
    monkeypatch.setattr(apply, "read_states", lambda _: states)
    here.serials = {"p/data": 4}
    here.bucket.refuse = {"PutObject"}
    here.save("p/data", document())
    assert here.apply() == []
    assert "cannot be dropped" in capsys.readouterr().err
