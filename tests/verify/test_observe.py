"""Items, messages, and what could not be read."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meridian.verify import observe
from meridian.verify.findings import Finding, Status
from meridian.verify.http import NoAnswer
from meridian.verify.observe import Items, Messages, MissingTable, open_queue
from meridian.verify.run import Run, Stopped
from tests.verify.fakes import RUN, Aws, make_run, place, refused

MINE, FORGED = "me@example.com", "forged@example.com"


def listening(tmp_path: Path, aws: Aws) -> Run:
    """Return a verification that observes an AWS in memory."""
    return make_run(tmp_path, aws, [])


def sent(number: int, body: str) -> dict[str, str]:
    """Return a received message."""
    return {"MessageId": str(number), "Body": body}


def test_items_are_read_from_every_region(tmp_path: Path) -> None:
    """Attribute values become plain values; an empty table is an observation too."""
    aws = Aws()
    aws.items["us-east-1", "greetings-us-east-1"] = [{"greeting_id": {"S": "a"}, "expires_at": {"N": "7"}}]
    assert observe.read_tables(listening(tmp_path, aws), "s") == {
        "us-east-1": Items("greetings-us-east-1", ({"greeting_id": "a", "expires_at": 7},)),
        "eu-west-1": Items("greetings-eu-west-1", ()),
    }


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("ResourceNotFoundException", MissingTable("greetings-us-east-1")),
        ("AccessDeniedException", NoAnswer("table greetings-us-east-1 could not be read: AccessDeniedException: no")),
    ],
)
def test_a_table_that_is_not_read_is_never_empty(tmp_path: Path, code: str, seen: Any) -> None:
    """A missing table and a missing permission are two things, and neither is an empty table."""
    aws = Aws()
    aws.faults["query"] = refused(code)
    assert observe.read_table(listening(tmp_path, aws), "us-east-1", "s") == seen


def test_the_table_of_an_absent_region_is_unknown(tmp_path: Path) -> None:
    """An item there would be in the wrong table."""
    seen = listening(tmp_path, Aws())
    seen = replace(seen, deployment=replace(seen.deployment, absent={"eu-north-1": "there is no output"}))
    assert observe.read_tables(seen, "s")["eu-north-1"] == NoAnswer("there is no output")


def test_messages_are_counted_by_their_address(tmp_path: Path) -> None:
    """The user's, a forged caller's, and others; two with one id count once."""
    aws = Aws()
    mine = sent(1, f'{{"email": "{MINE}"}}')
    aws.inbox = [mine, mine, sent(2, f'{{"email": "{FORGED}"}}'), sent(3, "not json"), sent(4, "[]")]
    found = observe.receive_messages(listening(tmp_path, aws), "us-east-1", "url", MINE, {FORGED}, seconds=1)
    assert isinstance(found, Messages)
    assert (found.mine, found.forged, found.others) == (({"email": MINE},), 1, 2)


def test_listening_goes_on_after_the_first_message(tmp_path: Path) -> None:
    """A second message, which must not come, is noticed."""
    aws = Aws()
    run = listening(tmp_path, aws)
    aws.inbox = [sent(1, f'{{"email": "{MINE}"}}')]
    receive = run.client("sqs", "us-east-1")._receive_message

    def again(**asked: Any) -> Any:
        answer = receive(**asked)
        if aws.calls.count("sqs.receive_message") == 1:
            aws.inbox = [sent(2, f'{{"email": "{MINE}"}}')]
        return answer

    sqs = run.client("sqs", "us-east-1")
    sqs._receive_message = again
    found = observe.receive_messages(replace(run, client=lambda *_: sqs), "us-east-1", "url", MINE, set(), seconds=1)
    assert isinstance(found, Messages)
    assert len(found.mine) == 2


def test_a_queue_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    """An unread queue is not an empty one."""
    aws = Aws()
    aws.faults["receive_message"] = refused("AccessDenied")
    found = observe.receive_messages(listening(tmp_path, aws), "us-east-1", "url", MINE, set(), seconds=1)
    assert found == NoAnswer("the queue could not be read: AccessDenied: no")


def test_a_stopped_run_stops_listening(tmp_path: Path) -> None:
    """Ctrl-C does not wait for messages."""
    run = listening(tmp_path, Aws())
    run.stop.set()
    with pytest.raises(Stopped):
        observe.receive_messages(run, "us-east-1", "url", MINE, set(), seconds=60)


def test_a_queue_receives_from_one_topic_only(tmp_path: Path) -> None:
    """The queue is encrypted, tagged, short-lived, and admits the topic of its region alone."""
    aws = Aws()
    run = listening(tmp_path, aws)
    asked: dict[str, Any] = {}
    sqs = run.client("sqs", "us-east-1")
    sqs._create_queue = lambda **given: asked.update(given) or {"QueueUrl": "url"}
    here = replace(run, client=lambda service, region: sqs if service == "sqs" else aws.client(service, region))
    assert open_queue(here, place()) == "url"
    assert asked["QueueName"] == RUN.name
    assert asked["tags"]["Run"] == RUN.digits
    assert asked["Attributes"]["SqsManagedSseEnabled"] == "true"
    assert place().topic_arn in asked["Attributes"]["Policy"]
    assert f"arn:aws:sqs:us-east-1:100000000001:{RUN.name}" in asked["Attributes"]["Policy"]


@pytest.mark.parametrize(
    ("operation", "code", "status", "says"),
    [
        ("create_queue", "AccessDenied", Status.UNKNOWN, "No queue could be created"),
        ("subscribe", "AuthorizationError", Status.FAIL, "refused the subscription of a queue of its own account"),
        ("subscribe", "NotFound", Status.FAIL, "does not exist: apply us-east-1/data"),
        ("subscribe", "ThrottledException", Status.UNKNOWN, "No queue could be subscribed"),
    ],
)
def test_a_queue_that_cannot_be_created(tmp_path: Path, operation: str, code: str, status: Status, says: str) -> None:
    """The topic's fault is a FAIL that names it; ours is UNKNOWN; what was made is removed either way."""
    aws = Aws()
    run = listening(tmp_path, aws)
    aws.faults[operation] = refused(code)
    found = open_queue(run, place())
    assert isinstance(found, Finding)
    assert (found.status, found.rule) == (status, "message")
    assert says in found.sentence
    run.cleanup.run()
    assert aws.things["queue"] == set()
