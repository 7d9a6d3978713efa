"""Declared calls against an API on this machine and an AWS in memory: answers, what is left, removal."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from meridian.verify import http
from meridian.verify.calls import call_of, check_calls, make_values, report_untried, send_patiently
from meridian.verify.cleanup import remove_created
from meridian.verify.declared import Call, parse_calls
from meridian.verify.deployment import Api
from meridian.verify.findings import Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.run import Run, Waits
from meridian.verify.user import Tokens, User
from tests.verify.fakes import Aws, Reply, place, refused, served

USER = User("subject", "me@example.com", "p", Tokens("id-token", "access-token", "r"), NoAnswer("none"), "f", "o")
TABLE = ("us-east-1", "orders-table")
OUTPUTS = {"us-east-1/orders": {"table_name": "orders-table", "queue_url": "orders-queue"}}
FILE = """\
calls:
  create:
    call: POST /orders/{run_id}
    body: {by: "{email}", amount: 3}
    status: 201
    answer: {region: "{region}"}
    leaves:
      - table: {output: table_name}
        key: {key: "{answer.id}"}
        holds: {amount: 3}
      - queue: {output: queue_url}
        holds: {id: "{run_id}", amount: 3}
"""
OTHER = {"MessageId": "1", "ReceiptHandle": "other", "Body": '{"id": "of another"}'}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than a second."""
    monkeypatch.setattr("meridian.verify.run.WAITS", {"local": Waits(arrival=0, quiet=0, ready=0)})


def declared(text: str = FILE) -> tuple[Call, ...]:
    """Read the calls of a file."""
    return parse_calls(text, "f", "orders", {"orders": {"table_name", "queue_url"}})


class Shop:
    """An API that takes orders; `amount` is what it stores and sends."""

    def __init__(self, aws: Aws, *, status: int = 201, amount: str = "3") -> None:
        self.aws, self.status, self.amount = aws, status, amount
        self.asked: list[tuple[str, str, str | None, Any]] = []

    def __call__(self, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        body = json.loads(headers[":body"]) if headers[":body"] else None
        self.asked.append((headers[":method"], path, headers.get("Authorization"), body))
        made = path.rsplit("/", 1)[-1]
        self.aws.items[TABLE] = [{"key": {"S": f"made-{made}"}, "amount": {"N": self.amount}}]
        message = json.dumps({"id": made, "amount": int(self.amount)})
        self.aws.inbox = [OTHER, {"MessageId": "2", "ReceiptHandle": "mine", "Body": message}]
        return self.status, {"id": f"made-{made}", "region": "us-east-1"}


Check = Callable[..., list[tuple[Status, str]]]


@pytest.fixture
def check(run: Run) -> Check:
    """Return a function that makes the calls of a file against an API, and returns the findings."""

    @contextmanager
    def prepared(reply: Reply, text: str) -> Iterator[Run]:
        with served(reply) as address:
            here = replace(place(), apis=(Api("compute", "a", address),))
            deployment = replace(run.deployment, regions=(here,), outputs=OUTPUTS)
            made = replace(run, deployment=deployment, calls={"us-east-1/orders": declared(text)})
            with http.session("local") as caller:
                check_calls(made, here, caller, USER)
            yield made

    def work(reply: Reply, text: str = FILE) -> list[tuple[Status, str]]:
        with prepared(reply, text) as made:
            found = [(one.status, one.sentence) for one in made.reporter.findings]
            assert {one.rule for one in made.reporter.findings} == {"call-orders.create"}
            remove_created(made)
        return found

    return work


def test_a_call_is_made_checked_and_removed(check: Check, aws: Aws, run: Run) -> None:
    """What it left is found by the answer; only its own message is deleted, another one is put back."""
    shop = Shop(aws)
    found = check(shop)
    run_id = f"{run.name}-us-east-1"
    assert shop.asked == [("POST", f"/orders/{run_id}", "Bearer id-token", {"by": "me@example.com", "amount": 3})]
    assert [status for status, _ in found] == [Status.PASS] * 3
    assert [sentence for _, sentence in found] == [
        "POST /orders/{run_id} answered 201 (f:2).",
        f'The item {{"key": "made-{run_id}"}} in table orders-table is as wanted (f:2).',
        "The message in queue orders-queue is as wanted (f:2).",
    ]
    assert (aws.items[TABLE], aws.deleted, aws.put_back) == ([], ["mine"], ["other"])


@pytest.mark.parametrize(("token", "sent"), [("access", "Bearer access-token"), ("none", None)])
def test_a_call_has_the_token_that_it_names(check: Check, aws: Aws, token: str, sent: str | None) -> None:
    shop = Shop(aws)
    check(shop, FILE.replace("status: 201", f"status: 201\n    token: {token}"))
    assert [asked[2] for asked in shop.asked] == [sent]


def test_another_status_fails_and_leaves_nothing(check: Check, aws: Aws) -> None:
    """Then what is left is not judged, and removed all the same."""
    found = check(Shop(aws, status=200))
    assert found[0] == (Status.FAIL, "POST /orders/{run_id} answered 200, wanted 201 (f:2).")
    assert [status for status, _ in found[1:]] == [Status.UNKNOWN] * 2
    assert (aws.items[TABLE], aws.deleted) == ([], ["mine"])


def test_another_field_of_the_answer_fails(check: Check, aws: Aws) -> None:
    found = check(Shop(aws), FILE.replace('{region: "{region}"}', "{region: mars}"))
    assert found[0] == (
        Status.FAIL,
        "POST /orders/{run_id} answered 201, but its JSON says region 'us-east-1', wanted 'mars' (f:2).",
    )


def test_another_value_in_table_and_queue_fails(check: Check, aws: Aws) -> None:
    """The message is found by what only this run can have sent, and deleted."""
    _, item, message = check(Shop(aws, amount="4"))
    assert (item[0], message[0]) == (Status.FAIL, Status.FAIL)
    assert "in table orders-table says amount 4, wanted 3" in item[1]
    assert "in queue orders-queue says amount 4, wanted 3" in message[1]
    assert (aws.items[TABLE], aws.deleted) == ([], ["mine"])


def test_what_is_missing_fails(check: Check, aws: Aws) -> None:
    _, item, message = check(lambda *_: (201, {"id": "x", "region": "us-east-1"}))
    assert (item[0], message[0]) == (Status.FAIL, Status.FAIL)
    assert item[1] == 'The item {"key": "x"} in table orders-table is missing (f:2).'
    assert message[1].startswith('No message with {"id": "meridian-verify-')


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        ((201, {"region": "us-east-1"}), Status.UNKNOWN, "the answer has no field 'id'"),
        ((201, {"region": "us-east-1", "id": 1.5}), Status.UNKNOWN, "neither a string nor a whole number"),
    ],
)
def test_an_item_without_a_key_is_not_looked_for(check: Check, answer: Any, status: Status, says: str) -> None:
    found = check(lambda *_: answer)[1]
    assert (found[0], says in found[1]) == (status, True)


@pytest.mark.parametrize(
    ("operation", "what"), [("query", "Table orders-table"), ("receive_message", "Queue orders-queue")]
)
def test_what_may_not_be_read_is_unknown(check: Check, aws: Aws, operation: str, what: str) -> None:
    """With the page that lists the rights; never green."""
    aws.faults[operation] = refused("AccessDenied")
    found = [one for one in check(Shop(aws)) if one[0] is not Status.PASS]
    hint = "Give the role that verifies the rights of docs/verify.md"
    assert found == [(Status.UNKNOWN, f"{what} could not be read: AccessDenied: no. {hint} (f:2).")]


def test_an_item_is_removed_without_an_answer(check: Check, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call may have written and then failed."""
    monkeypatch.setattr(http, "send", lambda *_: NoAnswer("timed out"))
    found = check(Shop(aws), FILE.replace("{answer.id}", "{run_id}"))
    assert found[0] == (Status.FAIL, "POST /orders/{run_id} got no answer: timed out (f:2).")
    assert "dynamodb.delete_item" in aws.calls


def test_a_unit_without_its_output_is_unknown(check: Check, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is called: it would leave what cannot be removed."""
    monkeypatch.setitem(OUTPUTS["us-east-1/orders"], "table_name", "")
    shop = Shop(aws)
    ((status, sentence),) = check(shop)
    assert (status, shop.asked) == (Status.UNKNOWN, [])
    assert "us-east-1/orders: output 'table_name' is missing" in sentence


def test_a_throttled_call_is_repeated_a_few_times(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A low limit of an API is no failure; a lasting one is."""
    monkeypatch.setattr("meridian.verify.calls.time.sleep", lambda _: None)
    answers = [Answer(429, {}), Answer(200, {})]
    monkeypatch.setattr(http, "send", lambda *_: answers.pop(0))
    with http.session("local") as caller:
        assert send_patiently(run, caller, "GET", "http://x") == Answer(200, {})
        answers.extend([Answer(429, {})] * 9)
        assert send_patiently(run, caller, "GET", "http://x") == Answer(429, {})
    assert len(answers) == 5


def test_a_forged_call_is_one_that_needs_no_other(run: Run) -> None:
    """Its body would be accepted, if the token were."""
    (create,) = declared()
    values = make_values(run, "us-east-1", USER)
    follow = replace(create, path="/orders/{answer.id}")
    body = {"by": "me@example.com", "amount": 3}
    assert call_of([follow, create], values) == ("POST", f"/orders/{run.name}-us-east-1", body)
    assert call_of([follow], values) is None
    bad = replace(create, body={}, status=400)
    assert call_of([bad, create], values) == call_of([create], values)
    assert call_of([bad], values) == ("POST", f"/orders/{run.name}-us-east-1", {})


def test_calls_that_are_not_tried_are_not_green(run: Run) -> None:
    made = replace(run, calls={"us-east-1/orders": declared(), "eu-west-1/orders": declared()})
    report_untried(made, place(), "no user is signed in")
    (finding,) = made.reporter.findings
    assert (finding.status, finding.region) == (Status.UNKNOWN, "us-east-1")
