"""From a list of calls to the times of an outage."""

import pytest

from meridian.drill.calls import (
    Call,
    Outage,
    compare_items,
    compare_messages,
    count_answers,
    count_by_second,
    is_steady,
    lost,
    measure_outage,
    measure_return,
    one_table,
)

EAST, WEST = "us-east-1", "eu-west-1"


def call(began: float, region: str | None, key: str = "") -> Call:
    """Return a call that took half a second."""
    return Call(began, began + 0.5, key or f"k{began}", region)


OUTAGE = [call(9, WEST), call(10, None), call(20, None), call(31, EAST), call(32, WEST), call(33, EAST), call(34, EAST)]


def test_the_times_of_an_outage_count_from_the_fault() -> None:
    """A late answer of the region that was taken away is not yet recovery: a client may still reach it."""
    assert measure_outage(OUTAGE, WEST, fault=10, put_back=40) == Outage(switched=21.5, recovered=22.5)


def test_calls_after_the_region_is_back_do_not_count() -> None:
    """They go to it again, as they should."""
    calls = [*OUTAGE, call(41, WEST), call(42, None)]
    assert measure_outage(calls, WEST, fault=10, put_back=40) == Outage(switched=21.5, recovered=22.5)


def test_without_an_answer_from_elsewhere_nothing_switched() -> None:
    """What was not seen is None, never 0."""
    assert measure_outage([call(10, None), call(20, None)], WEST, fault=10, put_back=40) == Outage(None, None)


def test_a_last_call_that_is_lost_is_no_recovery() -> None:
    """Nothing was answered after it."""
    calls = [call(10, EAST), call(12, None)]
    assert measure_outage(calls, WEST, fault=10, put_back=40) == Outage(switched=0.5, recovered=None)


def test_an_outage_that_no_call_noticed_takes_no_time() -> None:
    """Every call went elsewhere at once."""
    assert measure_outage([call(10, EAST), call(11, EAST)], WEST, fault=10, put_back=40) == Outage(0.5, 0)


@pytest.mark.parametrize(
    ("calls", "since", "steady"),
    [
        ([call(20, EAST), call(25, EAST)], 10, True),
        ([call(5, None), call(20, EAST), call(25, EAST)], 10, True),
        ([call(20, None), call(25, EAST)], 10, False),
        ([call(20, WEST), call(25, EAST)], 10, False),
        ([call(20, EAST), call(25, EAST)], 25, False),
        ([], 10, False),
        ([call(5, EAST)], 10, False),
    ],
)
def test_a_state_is_steady_after_ten_seconds_without_another_answer(
    calls: list[Call], since: float, steady: bool
) -> None:
    """Without any call nothing is known."""
    assert is_steady(calls, 29, {EAST}, since) is steady


def test_a_region_is_back_once_it_answers_every_call() -> None:
    """Answers of before it was taken away do not count, nor those before another lost call."""
    flapping = [call(41, WEST), call(42, None), call(43, WEST), call(44, None)]
    assert measure_return(flapping, WEST, put_back=40) is None
    assert measure_return([*flapping, call(46, WEST)], WEST, put_back=40) == 6.5
    assert measure_return([call(9, WEST), call(41, EAST), call(50, WEST)], WEST, put_back=40) == 10.5
    assert measure_return([call(9, WEST)], WEST, put_back=40) is None


def test_an_answered_greeting_has_one_item() -> None:
    """A greeting that got no answer may have one or none."""
    calls = [call(1, EAST, "a"), call(2, WEST, "b"), call(3, EAST, "c"), call(4, None, "d"), call(5, None, "e")]
    assert compare_items(calls, {EAST: {"a", "d"}, WEST: {"a", "b"}}) == (1, 1)
    assert [one.key for one in lost(calls)] == ["d", "e"]


def test_lost_calls_are_counted_by_their_answer() -> None:
    """The most frequent one first; one without a region is no good answer either."""
    statuses = [None, 503, 200, 503]
    calls = [Call(one, one, "k", None, status) for one, status in enumerate(statuses)]
    found = count_answers([*calls, Call(9, 9, "k", EAST, 200)])
    assert list(found.items()) == [("503", 2), ("none", 1), ("200", 1)]


def test_replicated_tables_count_as_one() -> None:
    """An item that did not arrive in one of them is missing; one in all of them is not doubled."""
    calls = [call(1, EAST, "a"), call(2, WEST, "b")]
    assert compare_items(calls, one_table({EAST: {"a", "b"}, WEST: {"a", "b"}})) == (0, 0)
    assert compare_items(calls, one_table({EAST: {"a", "b"}, WEST: {"b"}})) == (1, 0)


def test_messages_are_compared_by_number() -> None:
    """A lost call may have sent one, and its repetition another: that is doubled, and not lost."""
    calls = [call(1, EAST, "a"), call(2, WEST, "b"), call(3, None, "c"), call(9, EAST, "c"), call(4, None, "d")]
    assert compare_messages(calls, {EAST: 2, WEST: 2}, {EAST: 2, WEST: 2}) == (0, 0)
    assert compare_messages(calls, {EAST: 2, WEST: 1}, {EAST: 3, WEST: 1}) == (0, 1)
    assert compare_messages(calls, {EAST: 2, WEST: 1}, {EAST: 1, WEST: 1}) == (1, 0)


def test_the_calls_of_a_second_are_counted_by_region() -> None:
    """Those without an answer stand under an empty name."""
    calls = [call(1, EAST), call(1.4, EAST), call(1.9, None), call(3, WEST)]
    assert count_by_second(calls) == {1: {EAST: 2, "": 1}, 3: {WEST: 1}}
