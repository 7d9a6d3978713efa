"""One name for two regions: verified through it, and one region taken away while requests run."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

from meridian.local.lost import TABLES, lost_region
from meridian.local.resolver import look_up
from tests.e2e.checkout import Checkout
from tests.e2e.conftest import NAME
from tests.e2e.story import LOCAL

DRILL = ("drill", *LOCAL, "--region", "eu-west-1", "--yes")


def test_every_region_is_verified_by_its_names(routed: Checkout) -> None:
    found = routed.report("verify")["findings"]
    names = [(one["rule"], one["region"], one["status"]) for one in found if one["rule"].endswith(("address", "-name"))]
    regions = ("eu-west-1", "us-east-1")
    assert sorted(names) == [(rule, region, "PASS") for rule in ("own-address", "shared-name") for region in regions]


def test_a_second_plan_changes_nothing(routed: Checkout) -> None:
    routed.meridian("plan", *LOCAL).expect(0)
    assert not [row for row in routed.report("plan")["units"] if row["changes"]]


def test_the_other_region_takes_over_and_nothing_that_was_answered_is_lost(routed: Checkout) -> None:
    begun = time.monotonic()
    done = routed.meridian(*DRILL).expect(0)
    assert time.monotonic() - begun < 90
    report = routed.report("drill")
    assert report["missed"] == []
    assert report["calls"]["made"] > 100
    assert 0 < report["calls"]["lost"] == report["calls"]["succeeded_when_repeated"]
    assert 0 < report["seconds"]["until_switched"] <= report["seconds"]["until_every_call_succeeds"] < 60
    assert 0 < report["seconds"]["until_back"] < 60
    assert report["items"] == {"lost": 0, "doubled": 0}
    assert report["messages"]["lost"] == 0
    assert report["replication"]["measured"] > 5
    assert report["replication"]["median_seconds"] < 1, "The local AWS copies at once."
    assert "The calls went on without it" in done.stdout
    (picture,) = (routed.root / "out/drills").glob("*-dev-local-eu-west-1.svg")
    assert "no answer" in picture.read_text()
    assert "dots: replication, at most" in picture.read_text()
    assert lost_region(routed.folder("dev")) is None


def test_without_its_table_a_region_answers_503_until_the_name_leaves_it(routed: Checkout) -> None:
    """GET /status reads the table, so the health check sees it."""
    routed.meridian(*DRILL, "--fault", "table").expect(0)
    report = routed.report("drill")
    assert report["missed"] == []
    assert report["calls"]["answers_of_lost"]["503"] > 0
    assert report["calls"]["lost"] == report["calls"]["succeeded_when_repeated"]
    assert report["sign_in"] == {"away": "ok", "back": "ok"}
    assert lost_region(routed.folder("dev"), TABLES) is None


def test_a_region_that_leaves_the_records_only_loses_no_call(routed: Checkout) -> None:
    """It stays well, so who still has its address is answered, until the name leads to the other one."""
    routed.meridian(*DRILL, "--fault", "dns").expect(0)
    report = routed.report("drill")
    assert report["missed"] == []
    assert report["calls"]["lost"] == 0
    for moment in ("until_switched", "until_every_call_succeeds", "until_back"):
        assert 0 <= report["seconds"][moment] < 90
    assert report["sign_in"] == {"away": "ok", "back": "ok"}


def test_without_the_primary_region_nobody_signs_in_and_calls_go_on(routed: Checkout) -> None:
    """The other region knows the issuer's keys: the tokens of before the fault last."""
    done = routed.meridian("drill", *LOCAL, "--region", "us-east-1", "--yes").expect(0)
    report = routed.report("drill")
    assert report["missed"] == []
    assert "us-east-1 is taken away by a drill" in report["sign_in"]["away"]
    assert report["sign_in"]["back"] == "ok"
    assert report["seconds"]["until_every_call_succeeds"] is not None
    assert report["token_minutes"] > 50
    assert "us-east-1 has the user pool; it works again" in done.stdout


def test_a_killed_drill_leaves_no_region_away(routed: Checkout) -> None:
    with subprocess.Popen(
        routed.command(*DRILL), cwd=routed.root, env=routed.environ(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as drill:
        wait_for(lambda: lost_region(routed.folder("dev")) == "eu-west-1")
        os.kill(drill.pid, signal.SIGKILL)
    assert lost_region(routed.folder("dev")) is None
    port = int(str(routed.target("dev").endpoint).rsplit(":", 1)[1])
    wait_for(lambda: look_up(f"eu-west-1.{NAME}", port) is not None)
    routed.meridian("verify", *LOCAL).expect(0)


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a function returns true."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.2)
