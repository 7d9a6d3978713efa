"""Items, messages, and what could not be read."""

import time
from dataclasses import replace
from typing import Any

import pytest

from meridian.verify import cleanup, observe
from meridian.verify.findings import Status
from meridian.verify.http import NoAnswer
from meridian.verify.observe import open_queue, read_replicas, read_tables, receive_messages
from meridian.verify.run import Run, Stopped, Waits
from tests.verify.fakes import Aws, place, refused

MINE = "me@example.com"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a second for a message."""
    monkeypatch.setattr("meridian.verify.run.WAITS", {"local": Waits(arrival=1, quiet=0, ready=0)})


def sent(number: int, body: str) -> dict[str, str]:
    """Return a received message."""
    return {"MessageId": str(number), "Body": body}


def test_items_are_read_from_every_region(aws: Aws, run: Run) -> None:
    """Attribute values become plain values; an empty table is an observation, a region without outputs is none."""
    aws.items["us-east-1", "greetings-us-east-1"] = [{"greeting_id": {"S": "a"}, "expires_at": {"N": "7"}}]
    run = replace(run, deployment=replace(run.deployment, absent={"eu-north-1": "an output is missing"}))
    assert read_tables(run, "s") == {
        "us-east-1": [{"greeting_id": "a", "expires_at": 7}],
        "eu-west-1": [],
        "eu-north-1": NoAnswer("an output is missing"),
    }


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("ResourceNotFoundException", "ResourceNotFoundException: no; apply us-east-1/data"),
        ("AccessDeniedException", "AccessDeniedException: no"),
    ],
)
def test_a_table_that_is_not_read_is_never_empty(aws: Aws, run: Run, code: str, reason: str) -> None:
    """A missing table and a missing permission are two things, and neither is an empty table."""
    aws.faults["query"] = refused(code)
    seen = NoAnswer(f"table greetings-us-east-1 could not be read: {reason}")
    assert read_tables(run, "s")["us-east-1"] == seen


def test_a_replica_is_read_until_the_item_is_there(aws: Aws, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The seconds count from the write; the wait ends with the last region."""
    mine = [{"greeting_id": {"S": "a"}}]
    aws.items["us-east-1", "greetings-us-east-1"] = mine

    def arrive(_: float) -> None:
        aws.items["eu-west-1", "greetings-eu-west-1"] = mine

    monkeypatch.setattr(time, "sleep", arrive)
    tables, seconds = read_replicas(run, "us-east-1", "s", "a", time.monotonic() - 3)
    assert tables["eu-west-1"] == [{"greeting_id": "a"}]
    assert 3 <= seconds["us-east-1"] <= seconds["eu-west-1"] < 4


def test_the_wait_for_a_replica_ends(aws: Aws, run: Run) -> None:
    aws.items["us-east-1", "greetings-us-east-1"] = [{"greeting_id": {"S": "a"}}]
    began = time.monotonic()
    assert read_replicas(run, "us-east-1", "s", "a", began)[1].keys() == {"us-east-1"}
    assert 1 <= time.monotonic() - began < 3


def test_without_the_item_in_its_own_region_nothing_is_waited_for(run: Run) -> None:
    began = time.monotonic()
    assert read_replicas(run, "us-east-1", "s", "a", began)[1] == {}
    assert time.monotonic() - began < 0.5


def test_each_message_is_received_once(aws: Aws, run: Run) -> None:
    """Two with one id count once; a message that is not an object is kept as an empty one."""
    mine = sent(1, f'{{"email": "{MINE}"}}')
    aws.inbox = [mine, mine, sent(2, '{"email": "other"}'), sent(3, "not json"), sent(4, "[]")]
    assert receive_messages(run, "us-east-1", "url", MINE) == [{"email": MINE}, {"email": "other"}, {}, {}]


def test_listening_goes_on_after_the_first_message(aws: Aws, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second message, which must not come, is noticed."""
    monkeypatch.setattr("meridian.verify.run.WAITS", {"local": Waits(arrival=1, quiet=1, ready=0)})
    sqs = run.client("sqs", "us-east-1")
    batches = iter([[sent(1, f'{{"email": "{MINE}"}}')], [sent(2, f'{{"email": "{MINE}"}}')]])
    sqs._receive_message = lambda **_: {"Messages": next(batches, [])}
    found = receive_messages(replace(run, client=lambda *_: sqs), "us-east-1", "url", MINE)
    assert found == [{"email": MINE}, {"email": MINE}]


def test_a_queue_that_cannot_be_read_is_unknown(aws: Aws, run: Run) -> None:
    """An unread queue is not an empty one."""
    aws.faults["receive_message"] = refused("AccessDenied")
    found = receive_messages(run, "us-east-1", "url", MINE)
    assert found == NoAnswer("the queue could not be read: AccessDenied: no")


def test_a_stopped_run_stops_listening(run: Run) -> None:
    """Ctrl-C does not wait for messages."""
    run.signals.append(2)
    with pytest.raises(Stopped):
        receive_messages(run, "us-east-1", "url", MINE)


def test_a_queue_receives_from_one_topic_only(aws: Aws, run: Run) -> None:
    """The queue is encrypted, tagged, and admits the topic of its region alone."""
    assert open_queue(run, place()) == f"us-east-1/{run.name}"
    asked = aws.asked[0]
    assert (asked["QueueName"], asked["tags"]["Run"]) == (run.name, run.digits)
    assert asked["Attributes"]["SqsManagedSseEnabled"] == "true"
    assert place().topic_arn in asked["Attributes"]["Policy"]
    assert f"arn:aws:sqs:us-east-1:100000000001:{run.name}" in asked["Attributes"]["Policy"]


@pytest.mark.parametrize(
    ("operation", "code", "status", "says"),
    [
        ("create_queue", "AccessDenied", Status.UNKNOWN, "No queue could be created"),
        ("subscribe", "AuthorizationError", Status.FAIL, "refused the subscription of a queue of its own account"),
        ("subscribe", "NotFound", Status.FAIL, "does not exist: apply us-east-1/data"),
        ("subscribe", "ThrottledException", Status.UNKNOWN, "No queue could be subscribed"),
    ],
)
def test_a_queue_that_cannot_be_opened(
    aws: Aws, run: Run, operation: str, code: str, status: Status, says: str
) -> None:
    """The topic's fault is a FAIL that names it; ours is UNKNOWN; what was made is removed either way."""
    aws.faults[operation] = refused(code)
    found: Any = observe.open_queue(run, place())
    assert found[0] is status
    assert says in found[1]
    cleanup.remove_created(run)
    assert aws.things["queue"] == set()
