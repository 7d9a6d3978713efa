"""Each rule of a region, with a table of observations that pass, fail or are unknown."""

from typing import Any

import pytest

from meridian.verify import checks
from meridian.verify.findings import Result, Status
from meridian.verify.http import Answer, NoAnswer
from tests.verify.fakes import REPOSITORY, place

KEY = "01900000-0000-7000-8000-000000000001"
OTHER = "01900000-0000-7000-8000-000000000002"
EMAIL = "someone@example.com"
HERE = place("us-east-1")
EXPECTED = checks.Expected(KEY, EMAIL, REPOSITORY, frozenset({OTHER}))
GREETED = Answer(200, {"region": "us-east-1", "greeting_id": KEY, "message": "hello"})
SENT = {"email": EMAIL, "source": "Lambda", "region": "us-east-1", "repo": REPOSITORY}
ITEM = {"subject": "s", "greeting_id": KEY, "region": "us-east-1", "created_at": "2026-01-01", "expires_at": 1}
SILENT = NoAnswer("AccessDenied: no")
FAILED = {"error": {"code": "unavailable"}}


def require(found: Result, status: Status, says: str) -> None:
    """Require a status and a part of the sentence, which never holds the e-mail."""
    assert found[0] is status
    assert says in found[1]
    assert EMAIL not in found[1]


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (Answer(200, {"region": "us-east-1", "status": "ok"}), Status.PASS, "without a token"),
        (Answer(200, {"region": "eu-west-1", "status": "ok"}), Status.FAIL, "region 'eu-west-1'"),
        (Answer(200, {}), Status.FAIL, "wanted 'us-east-1'"),
        (Answer(429, {}), Status.UNKNOWN, "throttled"),
        (Answer(503, {}), Status.FAIL, "cannot read table greetings-us-east-1"),
        (NoAnswer("connection refused"), Status.FAIL, "is down"),
    ],
)
def test_status(answer: Answer | NoAnswer, status: Status, says: str) -> None:
    """GET /status must answer 200 and name its own region."""
    require(checks.check_status(HERE, answer), status, says)


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (GREETED, Status.PASS, "200 from this region"),
        (Answer(200, {**GREETED.body, "region": "eu-west-1"}), Status.FAIL, "ran in 'eu-west-1'"),
        (Answer(200, {**GREETED.body, "greeting_id": OTHER}), Status.FAIL, "Idempotency-Key"),
        (Answer(200, {"region": "us-east-1", "greeting_id": KEY}), Status.FAIL, "without a message"),
        (Answer(401, {"message": "Unauthorized"}), Status.FAIL, "issuer or audience"),
        (Answer(418, {}), Status.FAIL, "the wire contract has no such answer"),
        (Answer(429, {}), Status.UNKNOWN, "throttled"),
        (Answer(503, FAILED), Status.FAIL, "see its log /aws/lambda/greeter-dev-greet"),
        (SILENT, Status.FAIL, "got no answer"),
    ],
)
def test_greet(answer: Answer | NoAnswer, status: Status, says: str) -> None:
    """GET /greet must answer 200 from this region and use the key as its id."""
    require(checks.check_greet(HERE, answer, KEY), status, says)


@pytest.mark.parametrize(
    ("own", "other", "status", "says"),
    [
        ([ITEM], [], Status.PASS, "in no other region's"),
        ([ITEM], [{**ITEM, "greeting_id": OTHER}], Status.PASS, "in no other region's"),
        ([ITEM], [ITEM], Status.FAIL, "table of eu-west-1: the function writes to the wrong table"),
        ([], [], Status.FAIL, "greetings-us-east-1 lacks the item"),
        (SILENT, [], Status.UNKNOWN, "AccessDenied"),
        ([ITEM], SILENT, Status.UNKNOWN, "another region's table could not be read"),
        ([{**ITEM, "region": "eu-west-1"}], [], Status.FAIL, "says region 'eu-west-1'"),
        ([{**ITEM, "who": f"<{EMAIL}>"}], [], Status.FAIL, "no e-mail may be in the table"),
        ([{"subject": "s", "greeting_id": KEY}], [], Status.FAIL, "lacks created_at, expires_at, region"),
    ],
)
def test_item(own: Any, other: Any, status: Status, says: str) -> None:
    """The item must be in this region's table, well formed, and in no other."""
    require(checks.check_item(HERE, {"us-east-1": own, "eu-west-1": other}, EXPECTED), status, says)


@pytest.mark.parametrize(
    ("own", "other", "seconds", "status", "says"),
    [
        ([ITEM], [ITEM], 0.4, Status.PASS, "table greetings-us-east-1 and arrived in eu-west-1 after 0.4 s."),
        ([ITEM], [], None, Status.FAIL, "did not arrive in eu-west-1 within 5 s: it is not replicated."),
        ([], [], None, Status.FAIL, "greetings-us-east-1 lacks the item"),
        ([{**ITEM, "region": "eu-west-1"}], [], None, Status.FAIL, "says region 'eu-west-1'"),
        ([ITEM], SILENT, None, Status.UNKNOWN, "another region's table could not be read: AccessDenied"),
        (SILENT, [ITEM], 0.4, Status.UNKNOWN, "could not be observed: AccessDenied"),
    ],
)
def test_replicated_item(own: Any, other: Any, seconds: float | None, status: Status, says: str) -> None:
    """Where the tables are one, the item must arrive in every other region in time."""
    arrived = {} if seconds is None else {"us-east-1": 0.1, "eu-west-1": seconds}
    tables = {"us-east-1": own, "eu-west-1": other}
    require(checks.check_replicated_item(HERE, tables, EXPECTED, arrived, 5), status, says)


@pytest.mark.parametrize(
    ("seen", "status", "says"),
    [
        ([SENT], Status.PASS, "exactly email, source, region and repo"),
        ([], Status.FAIL, "greeter-dev-verification in time: the function did not publish"),
        ([{"email": "x"}, {}], Status.FAIL, "(2 others arrived)"),
        ([{**SENT, "subject": EMAIL}], Status.FAIL, "has 1 fields besides"),
        ([{"email": EMAIL, "source": "Lambda"}], Status.FAIL, "lacks region, repo"),
        ([{**SENT, "source": "lambda"}], Status.FAIL, "source 'lambda', wanted 'Lambda'"),
        (SILENT, Status.UNKNOWN, "AccessDenied"),
    ],
)
def test_message(seen: Any, status: Status, says: str) -> None:
    """The message must come with exactly the fields and values of the wire contract."""
    require(checks.check_message(HERE, seen, EXPECTED), status, says)


@pytest.mark.parametrize(
    ("again", "own", "seen", "status", "says"),
    [
        (GREETED, [ITEM], [SENT], Status.PASS, "one item and one message"),
        (GREETED, [ITEM, {**ITEM, "greeting_id": OTHER}], [SENT], Status.PASS, "one item"),
        (GREETED, [ITEM, {**ITEM, "greeting_id": "new"}], [SENT], Status.FAIL, "items: 2, messages: 1"),
        (GREETED, [ITEM], [SENT, SENT], Status.FAIL, "items: 1, messages: 2"),
        (Answer(200, {"greeting_id": OTHER}), [ITEM], [SENT], Status.FAIL, "another greeting_id"),
        (Answer(409, FAILED), [ITEM], [SENT], Status.FAIL, "answered 409"),
        (Answer(429, {}), [ITEM], [SENT], Status.UNKNOWN, "throttled"),
        (SILENT, [ITEM], [SENT], Status.UNKNOWN, "AccessDenied"),
        (GREETED, SILENT, [SENT], Status.UNKNOWN, "AccessDenied"),
    ],
)
def test_once(again: Any, own: Any, seen: Any, status: Status, says: str) -> None:
    """The same Idempotency-Key twice must give one answer, one item and one message."""
    require(checks.check_once(HERE, again, own, seen, EXPECTED), status, says)
