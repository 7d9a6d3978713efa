"""The load of a drill against a real server on this machine."""

import time
from collections import Counter
from typing import Any

from meridian.drill.load import WORKERS, Load
from meridian.verify import http
from tests.verify.fakes import served

ANSWER = {"region": "us-east-1", "message": "hello"}


def run_load(reply: Any, rate: int, seconds: float) -> Load:
    """Return a load that called a server for some seconds."""
    with served(reply) as address:
        load = Load(address, "secret", lambda: http.session("local"))
        with load.running(rate):
            time.sleep(seconds)
    return load


def test_calls_are_made_at_the_rate_with_the_token_and_a_new_key() -> None:
    """Each call is a greeting of its own."""
    seen: list[dict[str, str]] = []

    def reply(path: str, headers: dict[str, str]) -> tuple[int, Any]:
        seen.append({"path": path, **headers})
        return 200, ANSWER

    load = run_load(reply, rate=20, seconds=1.0)
    assert 15 <= len(load.calls) <= 22
    assert {call.region for call in load.calls} == {"us-east-1"}
    assert {one["path"] for one in seen} == {"/greet"}
    assert {one["Authorization"] for one in seen} == {"Bearer secret"}
    assert Counter(one["Idempotency-Key"] for one in seen) == Counter(call.key for call in load.calls)
    assert len({call.key for call in load.calls}) == len(load.calls)


def test_what_is_no_good_answer_is_a_lost_call() -> None:
    """An error, a redirect, an answer without a region: no client got its greeting."""
    answers = [(503, {}), (302, "http://127.0.0.1:9"), (200, {}), (200, ["x"]), (200, ANSWER)]

    def reply(*_: Any) -> tuple[int, Any]:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    with served(reply) as address:
        load = Load(address, "secret", lambda: http.session("local"))
        calls = [load.call(f"key-{number}") for number in range(5)]
    assert [call.status for call in calls] == [503, 302, 200, 200, 200]
    assert [call.region for call in calls] == [None, None, None, None, "us-east-1"]
    assert [call.key for call in load.calls] == [f"key-{number}" for number in range(5)]


def test_a_server_that_hangs_is_not_buried_under_calls() -> None:
    """No more calls are under way than there are workers."""
    open_calls: list[str] = []

    def reply(*_: Any) -> tuple[int, Any]:
        open_calls.append("")
        time.sleep(1.5)
        return 200, ANSWER

    load = run_load(reply, rate=20, seconds=1.2)
    assert len(open_calls) == len(load.calls) == WORKERS


def test_a_connection_that_is_refused_is_a_lost_call() -> None:
    """The region that was taken away has no listener."""
    load = Load("http://127.0.0.1:9", "secret", lambda: http.session("local"))
    call = load.call("key")
    assert (call.region, call.status) == (None, None)
