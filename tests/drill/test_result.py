"""When a drill is missed, and what its page and report say."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from meridian.drill import result
from meridian.drill.calls import one_table
from meridian.drill.lag import Copied
from meridian.drill.result import Result, SignIns, write_files
from meridian.errors import Exit
from meridian.inventory.model import Recovery
from meridian.verify import observe

GOOD = Result(
    environment="dev",
    target="local",
    taken="eu-west-1",
    fault="region",
    when=datetime(2026, 1, 31, 12, 30, 5, tzinfo=UTC),
    calls=600,
    lost=40,
    answers={"503": 25, "none": 15},
    repeated=40,
    switched=31.04,
    recovered=33.0,
    away=44.0,
    back=28.0,
    items=(0, 0),
    messages=(0, 0),
    copied=None,
    sign_ins=SignIns(),
    token_minutes=58,
    targets=Recovery(60, 100),
    picture="<svg/>",
)


def test_a_drill_that_keeps_its_targets_is_green() -> None:
    """Also one without targets: then only what was answered has to be there."""
    assert GOOD.code is Exit.OK
    assert replace(GOOD, targets=Recovery(None, None), lost=500, recovered=299.0).code is Exit.OK
    assert replace(GOOD, messages=(0, 2)).code is Exit.OK
    assert "The calls went on without it" in GOOD.text()


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (replace(GOOD, recovered=60.1), "Every call succeeded after 60.1 s; the target is 60 s."),
        (replace(GOOD, lost=101), "101 calls were lost; the target is 100."),
        (replace(GOOD, recovered=None), "Not every call was answered by the other regions."),
        (
            replace(GOOD, recovered=None, targets=Recovery(None, None)),
            "Not every call was answered by the other regions.",
        ),
        (replace(GOOD, back=None), "Not every call was answered by eu-west-1 again."),
        (
            replace(GOOD, sign_ins=SignIns(away="Throttled")),
            "A sign-in failed although the user pool was there: Throttled.",
        ),
        (replace(GOOD, sign_ins=SignIns("Gone", "Gone", ends=True)), "Sign-in did not work again: Gone."),
        (replace(GOOD, items=(1, 0)), "1 items of answered calls were lost, 0 doubled."),
        (replace(GOOD, messages=(3, 0)), "3 messages of answered calls were lost."),
    ],
)
def test_what_is_missed_is_said_and_exits_with_1(result: Result, says: str) -> None:
    """Terminal, page and report say the same."""
    assert result.code is Exit.FINDINGS
    assert result.missed == [says]
    assert says in result.text()
    assert says in result.page("x.svg")
    assert result.facts()["missed"] == [says]


def test_a_lost_user_pool_ends_sign_in_and_misses_nothing() -> None:
    """There is one pool: what counts is that calls go on, and that sign-in works again."""
    lost = replace(GOOD, sign_ins=SignIns(away="ServiceUnavailable", ends=True))
    assert lost.code is Exit.OK
    row = next(row for row in lost.rows() if row[0] == "a sign-in meanwhile")
    assert row == ("a sign-in meanwhile", "failed", "eu-west-1 has the user pool; it works again")
    assert lost.facts()["sign_in"] == {"away": "ServiceUnavailable", "back": "ok"}
    assert ("a sign-in meanwhile", "succeeded", "") in GOOD.rows()


def test_without_the_edge_the_shared_name_takes_over() -> None:
    """No region was lost, so no region has to answer for another one."""
    lost = replace(GOOD, taken="edge", fault="edge", back=None, recovered=None)
    assert lost.missed == [
        "Not every call was answered by the shared name.",
        "Not every call was answered by the edge again.",
    ]
    assert ("the switch took effect after", "31.0 s", "the shared name answered") in lost.rows()
    assert lost.facts()["taken_away"] == "edge"


def test_replication_is_measured_where_there_is_some() -> None:
    """The median and the longest; an item that no reader saw in time is counted."""
    copied = tuple(Copied(began, seconds) for began, seconds in ((1, 0.104), (2, 0.2), (3, 4.0), (4, None)))
    found = replace(GOOD, copied=copied)
    assert found.facts()["replication"] == {
        "measured": 3,
        "median_seconds": 0.2,
        "longest_seconds": 4.0,
        "not_seen": 1,
    }
    note = "median of 3; longest: 4.00 s, 1 not seen in time"
    assert ("an item was in all regions after", "0.20 s", f"{note}; the local AWS copies at once") in found.rows()
    assert ("an item was in all regions after", "0.20 s", note) in replace(found, target="aws").rows()
    assert "| an item was in all regions after | not seen |" in replace(found, copied=(Copied(1, None),)).page("x.svg")
    assert GOOD.facts()["replication"] is None
    assert "in all regions" not in GOOD.text()


def test_the_answers_of_lost_calls_are_said() -> None:
    """A region that is gone answers nothing, one without its table 503."""
    assert ("of these, answered with", "503: 25, none: 15", "a status, or none") in GOOD.rows()
    assert GOOD.facts()["calls"]["answers_of_lost"] == {"503": 25, "none": 15}
    assert not [row for row in replace(GOOD, lost=0, answers={}).rows() if row[0] == "of these, answered with"]


def test_page_picture_and_figures_lie_beside_each_other_and_say_when(tmp_path: Path) -> None:
    """Only the user can read them."""
    page, picture, figures = write_files(tmp_path, GOOD)
    assert page.name == "2026-01-31T123005Z-dev-local-eu-west-1.md"
    assert json.loads(figures.read_text(encoding="utf-8")) == GOOD.facts()
    text = page.read_text(encoding="utf-8")
    assert f"]({picture.name})" in text
    assert "| the switch took effect after | 31.0 s | the other regions answered |" in text
    assert picture.read_text(encoding="utf-8") == "<svg/>"
    assert {one.stat().st_mode & 0o777 for one in (page, picture, figures)} == {0o600}


def test_replicas_are_read_whole_and_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """An item of either region is in both tables: it is neither lost nor doubled."""
    items = [{"greeting_id": "a", "region": "us-east-1"}, {"greeting_id": "b", "region": "eu-west-1"}]
    monkeypatch.setattr(observe, "read_tables", lambda *_: {"us-east-1": items, "eu-west-1": items})
    nobody: Any = SimpleNamespace(subject="s")
    assert one_table(result._read_tables(nobody, nobody)) == {"all regions": {"a", "b"}}
