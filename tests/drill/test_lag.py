"""How long an item takes into the other regions, with tables in memory."""

import time
from typing import Any

import pytest

from meridian.drill import lag
from meridian.drill.calls import Call
from meridian.drill.lag import Lag
from tests.verify.fakes import refused

EAST, WEST, NORTH = "us-east-1", "eu-west-1", "eu-north-1"


class Answered:
    """A load that answers a greeting every 40 ms from us-east-1; a lost call follows each."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    @property
    def now(self) -> float:
        """The seconds since it began."""
        return time.monotonic() - self.began

    @property
    def calls(self) -> list[Call]:
        """A greeting every 40 ms."""
        calls = []
        for number in range(1, int(self.now / 0.04) + 1):
            ended = number * 0.04
            calls += [Call(ended, ended, f"key-{number}", EAST), Call(ended, ended, "lost", None)]
        return calls


def follow(monkeypatch: pytest.MonkeyPatch, is_there: Any, seconds: float = 0.9) -> Lag:
    """Return what was measured in some seconds, in which an item is followed at most every 100 ms."""
    monkeypatch.setattr(lag, "SECONDS_BETWEEN", 0.1)
    monkeypatch.setattr(lag, "LONGEST_SECONDS", 0.3)
    load: Any = Answered()
    found = Lag(load, [EAST, NORTH, WEST], is_there)
    with found.running():
        time.sleep(seconds)
    return found


def test_the_slowest_other_region_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The region that answered is not asked."""
    first: dict[tuple[str, str], float] = {}

    def is_there(region: str, key: str) -> bool:
        assert region != EAST
        assert key != "lost"
        since = first.setdefault((region, key), time.monotonic())
        return time.monotonic() - since >= (0.15 if region == WEST else 0)

    found = follow(monkeypatch, is_there).found
    assert len(found) >= 2
    assert all(one.seconds is not None and 0.15 <= one.seconds < 0.3 + 2 * lag.LOOK_SECONDS for one in found)
    assert [one.began for one in found] == sorted({one.began for one in found})


def test_an_item_that_cannot_be_read_in_time_has_no_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that was taken away is as one without the item."""

    def is_there(region: str, _: str) -> bool:
        if region == WEST:
            raise refused("ThrottlingException")
        return True

    found = follow(monkeypatch, is_there).found
    assert {one.seconds for one in found} == {None}


def test_an_item_that_is_still_waited_for_at_the_end_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was neither seen nor given its time."""
    assert follow(monkeypatch, lambda *_: False, seconds=0.25).found == []
