"""`apply --canary`: a new version is published, the unit planned again, and only then its alias moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from meridian.deploy import release
from meridian.deploy.moving import Alias, find_moving, find_unpublished
from meridian.deploy.shift import Shift
from meridian.errors import OperationFailed, Refused
from meridian.inventory.model import Canary, Region
from meridian.plans.plan_json import Plan
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan, summarise
from meridian.plans.terragrunt import RunResult
from meridian.targets import Target
from tests.deploy.test_apply import Document, World, document, update

UNIT, OTHER, DATA = "eu-west-1/compute", "us-east-1/compute", "us-east-1/data"
GRAPH = {UNIT: (), OTHER: (DATA,), DATA: ()}
SHIFT = Shift(10, 5)
NAME = "greeter-dev-greet"


def entry(kind: str, before: Mapping[str, Any], *changes: str, action: str = "update", **after: Any) -> dict[str, Any]:
    """Return a change of a resource; `changes` are the attributes that are known after the apply."""
    given = {"before": before, "after": {**{k: v for k, v in before.items() if k not in changes}, **after}}
    unknown = {"after_unknown": dict.fromkeys(changes, True)}
    return {"address": f"{kind}.a", "type": kind, "change": {"actions": [action], **given, **unknown}}


def alias(new: str = "", old: str = "1", function: str = NAME) -> dict[str, Any]:
    """Return the change of an alias to a version; empty: one that is not known yet."""
    before = {"name": "live", "function_name": function, "function_version": old}
    return entry("aws_lambda_alias", before, **({"function_version": new} if new else {})) | (
        {} if new else entry("aws_lambda_alias", before, "function_version")
    )


def function(memory: int = 512) -> dict[str, Any]:
    """Return the change of a function that gets a new version."""
    before = {"function_name": NAME, "memory_size": 256, "version": "1"}
    return entry("aws_lambda_function", before, "version", memory_size=memory)


WHOLE = document(function(), alias())
PART = document(function()) | {"complete": False}
REST = document(alias("2"))


class Publishing(World):
    """A world in which the plans of chosen resources are those in `parts`, and shifts are steps."""

    def __init__(self, target: Target, monkeypatch: pytest.MonkeyPatch, graph: Mapping[str, Sequence[str]]) -> None:
        """Play the graph."""
        super().__init__(target, monkeypatch, graph)
        self.parts: dict[str, Document] = {}
        self.only: list[tuple[str, ...]] = []
        self.shift: Callable[[], None] = lambda: None
        monkeypatch.setattr(Plans, "_make", lambda plans, units: self._plan(plans, units))
        monkeypatch.setattr(release, "shift_calls", lambda _, shift, aliases: self._shift(shift, aliases))

    def _plan(self, plans: Plans, units: Sequence[str]) -> list[UnitPlan]:
        if not plans.only:
            return self._make(units)
        self.steps.append(f"publish {' '.join(units)}")
        self.only.append(plans.only)
        for unit in units:
            self.save(unit, self.parts[unit], plans)
        return [summarise(unit, plans.read(unit)) for unit in units]

    def _run(self, target: Target, verb: str, *, units: Sequence[str], options: Sequence[str]) -> RunResult:
        result = super()._run(target, verb, units=units, options=options)
        if options[1] == str(Plans(target, "apply").folder):
            self.steps[-1] = self.steps[-1].replace("apply", "apply part of", 1)
        return result

    def _shift(self, shift: Shift, aliases: Sequence[Alias]) -> None:
        moves = " ".join(f"{one.region}:{one.old}->{one.new}" for one in aliases)
        self.steps.append(f"shift {shift.percent} {moves}")
        self.shift()


@pytest.fixture
def world(target: Target, monkeypatch: pytest.MonkeyPatch) -> Publishing:
    """Two regions whose functions get a new version, and a table that changes."""
    world = Publishing(target, monkeypatch, GRAPH)
    world.save(DATA, document(update("size", 1, 2)))
    for unit in (UNIT, OTHER):
        world.save(unit, WHOLE)
        world.parts[unit], world.later[unit] = PART, [REST]
    return world


def test_a_new_version_gets_its_share_before_its_alias_moves(world: Publishing) -> None:
    assert sorted(world.apply(shift=SHIFT)) == sorted(GRAPH)
    assert [step for step in world.steps if not step.startswith("gate")] == [
        f"publish {UNIT} {OTHER}",
        f"apply part of {UNIT} {OTHER}",
        f"apply {DATA}",
        f"plan {UNIT} {OTHER}",
        "shift 10 eu-west-1:1->2 us-east-1:1->2",
        f"apply {UNIT} {OTHER}",
    ]
    assert world.only == [("aws_lambda_function.a",)]


def test_what_is_published_was_gated_and_is_not_kept(world: Publishing) -> None:
    world.apply(shift=SHIFT)
    assert world.steps[0] == f"gate {UNIT} {OTHER} {DATA}"
    assert not Plans(world.target, "apply").folder.exists()


def test_without_the_option_the_saved_plans_are_applied(world: Publishing) -> None:
    world.apply()
    assert [step for step in world.steps if "publish" in step or "shift" in step] == []


def test_nothing_more_than_was_approved_is_published(world: Publishing) -> None:
    """And `--accept-new` publishes it."""
    world.parts[UNIT] = document(function(memory=1024)) | {"complete": False}
    with pytest.raises(Refused, match="memory_size: 256 -> 1024"):
        world.apply(shift=SHIFT)
    assert not any(step.startswith("apply") for step in world.steps)
    world.apply(shift=SHIFT, accept_new=True)


def test_a_version_that_fails_leaves_its_alias(world: Publishing, capsys: pytest.CaptureFixture[str]) -> None:
    """The next apply plans the units again, publishes nothing, and gives it a share again."""

    def fail() -> None:
        raise Refused("failed")

    world.shift = fail
    with pytest.raises(Refused, match="failed"):
        world.apply(shift=SHIFT)
    assert f"apply {UNIT} {OTHER}" not in world.steps
    world.steps.clear()
    world.shift = lambda: None
    world.apply(shift=SHIFT)
    assert [step.split()[0] for step in world.steps] == ["plan", "gate", "shift", "apply"]
    assert "no calls were shifted" not in capsys.readouterr().err


def test_a_publication_that_fails_ends_it(world: Publishing) -> None:
    world.failing = {UNIT}
    with pytest.raises(OperationFailed):
        world.apply(shift=SHIFT)
    assert not any(step.startswith("shift") for step in world.steps)


def test_a_function_that_changes_again_is_not_published_twice(world: Publishing) -> None:
    """Its version stays unknown, which the shift itself refuses."""
    world.later[UNIT] = [WHOLE]
    world.apply(shift=SHIFT)
    assert "shift 10 eu-west-1:1-> us-east-1:1->2" in world.steps
    assert sum(step.startswith("publish") for step in world.steps) == 1


def test_without_a_new_version_it_says_so(world: Publishing, capsys: pytest.CaptureFixture[str]) -> None:
    for unit in (UNIT, OTHER):
        world.save(unit, document(update("size", 1, 2)))
    assert sorted(world.apply(shift=SHIFT)) == sorted(GRAPH)
    assert "no alias moves to a new version of a function: no calls were shifted" in capsys.readouterr().err


def test_a_retiring_region_moves_at_once(world: Publishing, target: Target) -> None:
    """It is not verified any more."""
    regions = (Region("us-east-1", {}), Region("eu-west-1", {}, retiring=True))
    world.target = replace(target, environment=replace(target.environment, regions=regions))
    world.apply(shift=SHIFT)
    assert "shift 10 us-east-1:1->2" in world.steps
    assert f"publish {OTHER}" in world.steps


def test_the_canary_region_shifts_first(world: Publishing, target: Target) -> None:
    environment = replace(target.environment, canary=Canary("eu-west-1", 10))
    world.target = replace(target, environment=environment)
    world.apply(shift=SHIFT, watch=lambda *_: world.steps.append("watch"))
    order = [step for step in world.steps if step.startswith(("shift", "watch"))]
    assert order == ["shift 10 eu-west-1:1->2", "watch", "shift 10 us-east-1:1->2"]


def plan(*entries: dict[str, Any]) -> Plan:
    """Return a plan with these changes."""
    return Plan(document(*entries))


def test_an_alias_names_its_function_by_name_or_arn() -> None:
    arn = f"arn:aws:lambda:eu-west-1:100000000001:function:{NAME}"
    assert find_moving(UNIT, plan(function(), alias(function=arn))) == [Alias(UNIT, NAME, "live", "1", "")]
    assert find_unpublished(UNIT, plan(function(), alias(function=arn))) == ["aws_lambda_function.a"]


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param((function(), entry("aws_lambda_alias", {}, action="create")), id="a new alias"),
        pytest.param((function(), alias(old="$LATEST")), id="an alias of what is not published"),
        pytest.param((alias("1"),), id="an alias that stays"),
        pytest.param((function(),), id="a function without an alias"),
        pytest.param((function(), alias(function="another")), id="an alias of another function"),
    ],
)
def test_nothing_else_is_published(entries: tuple[dict[str, Any], ...]) -> None:
    assert find_unpublished(UNIT, plan(*entries)) == []
