"""The canary region is applied first; the others follow only if it is verified and no alarm rings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.deploy import canary
from meridian.deploy.canary import find_alarms, verify_regions, watch_canary
from meridian.errors import CouldNotTell, Exit, OperationFailed
from meridian.inventory.model import Canary
from meridian.targets import Target
from tests.deploy.test_apply import World, document, update

GRAPH = {
    "us-east-1/identity": (),
    "eu-west-1/data": (),
    "eu-west-1/compute": ("us-east-1/identity", "eu-west-1/data"),
    "us-east-1/compute": ("us-east-1/identity",),
}
CANARY = Canary("eu-west-1", 10)
CHANGED = document(update("size", 1, 2))


@pytest.fixture
def world(target: Target, monkeypatch: pytest.MonkeyPatch) -> World:
    """An environment whose canary is eu-west-1."""
    found = replace(target, environment=replace(target.environment, canary=CANARY))
    return World(found, monkeypatch, GRAPH)


def watched(world: World) -> list[str]:
    """Apply everything that is saved; return the steps, a watch as `watch MINUTES`."""
    world.apply(watch=lambda _, one: world.steps.append(f"watch {one.minutes}"))
    return [step for step in world.steps if not step.startswith("gate")]


def test_the_canary_and_what_it_needs_come_first(world: World) -> None:
    for unit in GRAPH:
        world.save(unit, CHANGED)
    assert watched(world) == [
        "apply eu-west-1/compute eu-west-1/data us-east-1/identity",
        "watch 10",
        "apply us-east-1/compute",
    ]


def test_a_canary_that_stays_as_it_is_needs_no_wait(world: World) -> None:
    """An apply that goes on after a stop verifies the canary again, too."""
    for unit in GRAPH:
        world.save(unit, CHANGED if unit == "us-east-1/compute" else document())
    assert watched(world) == ["watch 0", "apply us-east-1/compute"]


@pytest.mark.parametrize("changed", [("eu-west-1/compute",), ()])
def test_without_a_change_elsewhere_nothing_is_watched(world: World, changed: tuple[str, ...]) -> None:
    for unit in GRAPH:
        world.save(unit, CHANGED if unit in changed else document())
    assert watched(world) == [f"apply {unit}" for unit in changed]


def test_a_canary_that_fails_leaves_the_other_regions(world: World) -> None:
    for unit in GRAPH:
        world.save(unit, CHANGED)

    def fail(*_: object) -> None:
        raise OperationFailed("bad")

    with pytest.raises(OperationFailed):
        world.apply(watch=fail)
    assert world.steps[-1] == "apply eu-west-1/compute eu-west-1/data us-east-1/identity"


Play = Callable[..., list[float]]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Return a function that plays the verifier, the clock and the alarms, and returns the waits."""

    def make(code: int = 0, *alarms: list[str] | Exception) -> list[float]:
        waits: list[float] = []
        left = list(alarms)

        def paginate(**asked: Any) -> list[dict[str, Any]]:
            assert asked["AlarmNamePrefix"] == "greeter-dev-"
            found = left.pop(0) if left else []
            if isinstance(found, Exception):
                raise found
            return [{"MetricAlarms": [{"AlarmName": name} for name in found], "CompositeAlarms": []}]

        monkeypatch.setattr(canary, "verify_target", lambda *_, **__: code)
        monkeypatch.setattr(canary.time, "monotonic", lambda: sum(waits))
        monkeypatch.setattr(canary.time, "sleep", waits.append)
        client = SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=paginate))
        monkeypatch.setattr(Target, "client", lambda *_: client)
        return waits

    return make


def test_its_alarms_are_watched_for_its_minutes(target: Target, play: Play) -> None:
    waits = play()
    watch_canary(target, CANARY)
    assert sum(waits) == 600


def test_an_alarm_stops_it(target: Target, play: Play) -> None:
    waits = play(0, [], ["greeter-dev-errors"])
    with pytest.raises(OperationFailed, match="In ALARM in the canary region: greeter-dev-errors") as stopped:
        watch_canary(target, CANARY)
    assert sum(waits) == 30
    assert "`meridian apply dev --target local`" in stopped.value.hint


def test_the_alarm_that_an_apply_itself_sets_off_is_no_fault(target: Target, play: Play) -> None:
    waits = play(0, ["greeter-dev-applying"])
    watch_canary(target, CANARY)
    assert sum(waits) == 600


NEW, OLD = timedelta(minutes=1), timedelta(minutes=6)


@pytest.mark.parametrize(
    ("age", "others", "found"),
    [
        (NEW, [], []),
        (OLD, [], ["greeter-dev-no-requests", "greeter-dev-region"]),
        (NEW, ["greeter-dev-api-errors"], ["greeter-dev-api-errors", "greeter-dev-region"]),
    ],
    ids=["alone", "five minutes later", "beside a fault"],
)
def test_an_alarm_that_has_no_data_yet_is_no_fault(
    target: Target, monkeypatch: pytest.MonkeyPatch, age: timedelta, others: list[str], found: list[str]
) -> None:
    """It is on as soon as it is made, and the alarm of the region follows it."""
    made = {"AlarmConfigurationUpdatedTimestamp": datetime.now(UTC) - age, "Period": 60, "EvaluationPeriods": 5}
    metric = [
        {"AlarmName": "greeter-dev-no-requests", "TreatMissingData": "breaching", **made},
        *({"AlarmName": name, "TreatMissingData": "notBreaching", **made} for name in others),
    ]
    rule = 'ALARM("greeter-dev-api-errors") OR ALARM("greeter-dev-no-requests")'
    page = {"MetricAlarms": metric, "CompositeAlarms": [{"AlarmName": "greeter-dev-region", "AlarmRule": rule}]}
    client = SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [page]))
    monkeypatch.setattr(Target, "client", lambda *_: client)
    assert find_alarms(target, "eu-west-1") == found


@pytest.mark.parametrize(
    ("code", "kind"), [(Exit.FINDINGS, OperationFailed), (Exit.UNKNOWN, CouldNotTell)], ids=["failed", "unknown"]
)
def test_a_region_that_is_not_verified_stops_it(target: Target, play: Play, code: int, kind: type[Exception]) -> None:
    play(code)
    with pytest.raises(kind, match="not verified"):
        watch_canary(target, CANARY)


def test_alarms_that_cannot_be_read_stop_it(target: Target, play: Play) -> None:
    play(0, ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeAlarms"))
    with pytest.raises(CouldNotTell, match="cannot be read") as stopped:
        watch_canary(target, CANARY)
    assert "cloudwatch:DescribeAlarms" in stopped.value.hint


def test_what_the_verifier_prints_is_no_result_of_apply(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report of `apply --json` stays the only text on stdout."""
    monkeypatch.setattr(canary, "verify_target", lambda *_, **__: print("PASS") or Exit.OK)
    assert verify_regions(target, ["eu-west-1"]) == Exit.OK
    assert capsys.readouterr() == ("", "PASS\n")
