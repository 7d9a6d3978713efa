"""The load of a drill against a real server on this machine."""

import time
from collections import Counter
from functools import partial
from typing import Any

import pytest

from meridian.drill.load import WORKERS, Load, Way
from meridian.verify import http
from tests.verify.fakes import served

ANSWER = {"region": "us-east-1", "message": "hello"}
SESSION = partial(http.session, "local")


def run_load(reply: Any, rate: int, seconds: float) -> Load:
    """Return a load that called a server for some seconds."""
    with served(reply) as address:
        load = Load([Way(address, SESSION)], "secret")
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
        load = Load([Way(address, SESSION)], "secret")
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
    load = Load([Way("http://127.0.0.1:9", SESSION)], "secret")
    call = load.call("key")
    assert (call.region, call.status) == (None, None)


@pytest.mark.parametrize(
    ("status", "answer", "by", "called"),
    [
        (200, ANSWER, "edge", ["edge"]),
        (503, {}, "shared name", ["edge", "shared name"]),
        (200, {}, "shared name", ["edge", "shared name"]),
    ],
)
def test_the_next_address_is_called_with_the_same_key_if_the_first_does_not_answer(
    status: int, answer: Any, by: str, called: list[str]
) -> None:
    seen: list[tuple[str, str]] = []

    def reply(name: str, answers: tuple[int, Any]) -> Any:
        def answer_call(_: str, headers: dict[str, str]) -> tuple[int, Any]:
            seen.append((name, headers["Idempotency-Key"]))
            return answers

        return answer_call

    with served(reply("edge", (status, answer))) as edge, served(reply("shared name", (200, ANSWER))) as shared:
        load = Load([Way(edge, SESSION, "edge"), Way(shared, SESSION, "shared name")], "secret")
        call = load.call("key")
    assert (call.by, call.region, call.status) == (by, "us-east-1", 200)
    assert seen == [(name, "key") for name in called]
    assert load.calls == [call]


def test_a_call_that_no_address_answers_is_one_lost_call() -> None:
    with served(lambda *_: (403, {})) as address:
        call = Load([Way("http://127.0.0.1:9", SESSION, "edge"), Way(address, SESSION, "shared name")], "s").call("key")
    assert (call.by, call.region, call.status) == (None, None, 403)
