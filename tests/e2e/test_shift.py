"""`apply --canary`: a version that crashes meets a share of the calls and is rolled back; a kill leaves no riddle."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from meridian.plans.outputs import read_outputs
from meridian.verify import http
from tests.e2e.checkout import Checkout, Done
from tests.e2e.killing import Moment, kill_at
from tests.e2e.story import LOCAL

UNIT, REGION, FUNCTION = "eu-west-1/compute", "eu-west-1", "greeter-dev-greet"
ONLY = (*LOCAL, "--unit", UNIT)
CANARY = ("--canary", "--percent", "30", "--minutes", "0.1")
SHARED = Moment(f"PUT /2015-03-31/functions/{FUNCTION}/aliases/live")
SOURCE, GOOD = "modules/compute/functions/src/index.mjs", "export const handler = (event, context) =>"
CRASHES = "export const handler = () => process.exit(1) ??"


@dataclass(frozen=True)
class Shifted:
    """What each step printed, the alias after it, and the calls that clients made until the crash was rolled back."""

    before: dict[str, Any]
    killed: dict[str, Any]
    planned: Done
    crashed: Done
    rolled_back: dict[str, Any]
    calls: Counter[bool]
    fixed: Done
    after: dict[str, Any]
    again: Done


def alias(checkout: Checkout) -> dict[str, Any]:
    """Return the version and the weights of the alias."""
    found = checkout.target("dev").client("lambda", REGION).get_alias(FunctionName=FUNCTION, Name="live")
    return {"version": found["FunctionVersion"], **found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})}


@contextmanager
def clients(checkout: Checkout) -> Iterator[Counter[bool]]:
    """Call GET /status, ten times a second, and count which calls succeed."""
    target, counted, end = checkout.target("dev"), Counter[bool](), threading.Event()
    address = f"{read_outputs(target)[UNIT]['api_url']}/status"

    def call() -> None:
        caller = http.session("local")
        while not end.wait(0.1):
            answer = http.send_get(caller, address)
            # Calls that the throttle refuses reach no version.
            if not (isinstance(answer, http.Answer) and answer.status == 429):
                counted[isinstance(answer, http.Answer) and answer.status == 200] += 1

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield counted
    finally:
        end.set()
        thread.join()


@pytest.fixture(scope="module")
def shifted(first: Checkout) -> Shifted:
    """Kill the shift of a version that crashes, go on with it, and deploy the fixed one."""
    source = first.root / SOURCE
    text = source.read_text()
    assert GOOD in text
    source.write_text(text.replace(GOOD, CRASHES))
    before = alias(first)
    try:
        first.meridian("plan", *ONLY).expect(0)
        with clients(first) as calls:
            assert kill_at(first, SHARED, "apply", *ONLY, *CANARY)
            killed = alias(first)
            planned = first.meridian("plan", *ONLY)
            crashed = first.meridian("apply", *ONLY, *CANARY)
    finally:
        source.write_text(text)
    rolled_back = alias(first)
    first.meridian("plan", *ONLY).expect(0)
    return Shifted(
        before=before,
        killed=killed,
        planned=planned,
        crashed=crashed,
        rolled_back=rolled_back,
        calls=calls,
        fixed=first.meridian("apply", *ONLY, *CANARY),
        after=alias(first),
        again=first.meridian("plan", *ONLY),
    )


def test_a_kill_leaves_a_share_that_every_plan_shows(shifted: Shifted) -> None:
    ((new, share),) = shifted.killed.items() - shifted.before.items()
    assert (shifted.killed["version"], share) == (shifted.before["version"], 0.3)
    # Another test may have published versions, and deleted them.
    assert int(new) > int(shifted.before["version"])
    assert "routing_config" in shifted.planned.expect(0).stdout


def test_a_version_that_crashes_is_rolled_back(shifted: Shifted) -> None:
    """The apply that went on published nothing anew."""
    crashed = shifted.crashed.expect(1)
    # Which of its observations sees the crash first is chance.
    assert "error: Rolled back: " in crashed.stderr
    assert "publish" not in crashed.stderr
    assert shifted.rolled_back == shifted.before


def test_callers_see_no_more_failures_than_the_share(shifted: Shifted) -> None:
    """Half of the calls, where 30 of 100 were shared: chance alone does not reach that."""
    assert shifted.calls.total() > 50
    assert shifted.calls[False] < shifted.calls.total() / 2


def test_the_fixed_version_gets_all_calls_and_the_next_plan_is_empty(shifted: Shifted) -> None:
    shifted.fixed.expect(0)
    assert "0 of" in shifted.fixed.stderr
    (crashing,) = shifted.killed.keys() - shifted.before.keys()
    assert shifted.after.keys() == {"version"}
    assert int(shifted.after["version"]) > int(crashing)
    assert "No changes in 1 unit." in shifted.again.expect(0).stdout
