"""Each rule of a region, with a table of observations that pass, fail or are unknown."""

from typing import Any

import pytest

from meridian.verify import checks
from meridian.verify.findings import Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.observe import Items, Messages, MissingTable
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


def items(*found: dict[str, Any]) -> Items:
    """Return a table that holds these items of the subject."""
    return Items("greetings", found)


def heard(*mine: dict[str, Any], forged: int = 0, others: int = 0) -> Messages:
    """Return what a queue heard in one second."""
    return Messages(mine, forged, others, 1.0)


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (Answer(200, {"region": "us-east-1", "status": "ok"}), Status.PASS, "without a token"),
        (Answer(200, {"region": "eu-west-1", "status": "ok"}), Status.FAIL, "region 'eu-west-1'"),
        (Answer(200, {}), Status.FAIL, "wanted 'us-east-1'"),
        (Answer(401, {}), Status.FAIL, "wanted 200"),
        (Answer(404, {}), Status.FAIL, "no such route"),
        (Answer(429, {}), Status.UNKNOWN, "throttled"),
        (Answer(500, {"message": "x"}), Status.FAIL, "could not call the function"),
        (Answer(503, {}), Status.FAIL, "cannot read table greetings-us-east-1"),
        (NoAnswer("connection refused", reachable=False), Status.FAIL, "is down"),
        (NoAnswer("ReadTimeout"), Status.FAIL, "got no answer (ReadTimeout)."),
    ],
)
def test_status(answer: Answer | NoAnswer, status: Status, says: str) -> None:
    """GET /status must answer 200 and name its own region."""
    found = checks.check_status(HERE, answer)
    assert (found.status, found.region, found.rule) == (status, "us-east-1", "status")
    assert says in found.sentence


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (GREETED, Status.PASS, "200 from this region"),
        (Answer(200, {**GREETED.body, "region": "eu-west-1"}), Status.FAIL, "ran in 'eu-west-1'"),
        (Answer(200, {**GREETED.body, "greeting_id": OTHER}), Status.FAIL, "Idempotency-Key"),
        (Answer(200, {"region": "us-east-1", "greeting_id": KEY}), Status.FAIL, "without a message"),
        (Answer(401, {"message": "Unauthorized"}), Status.FAIL, "issuer or audience"),
        (Answer(403, FAILED), Status.FAIL, "no verified e-mail"),
        (Answer(404, {}), Status.FAIL, "no such route"),
        (Answer(418, {}), Status.FAIL, "the wire contract has no such answer"),
        (Answer(429, {}), Status.UNKNOWN, "throttled"),
        (Answer(503, FAILED), Status.FAIL, "see its log /aws/lambda/greeter-dev-greet"),
        (Answer(502, {}), Status.FAIL, "could not call the function"),
        (SILENT, Status.FAIL, "got no answer"),
    ],
)
def test_greet(answer: Answer | NoAnswer, status: Status, says: str) -> None:
    """GET /greet must answer 200 from this region and use the key as its id."""
    found = checks.check_greet(HERE, answer, KEY)
    assert found.status is status
    assert says in found.sentence


@pytest.mark.parametrize(
    ("own", "other", "status", "says"),
    [
        (items(ITEM), items(), Status.PASS, "in no other region's"),
        (items(ITEM), items({**ITEM, "greeting_id": OTHER}), Status.PASS, "in no other region's"),
        (items(ITEM), items(ITEM), Status.FAIL, "greetings of eu-west-1: the function writes to the wrong table"),
        (items(), items(ITEM), Status.FAIL, "wrong table"),
        (SILENT, items(ITEM), Status.FAIL, "wrong table"),
        (items(), items(), Status.FAIL, "no item in table greetings"),
        (MissingTable("greetings"), items(), Status.FAIL, "does not exist"),
        (SILENT, items(), Status.UNKNOWN, "AccessDenied"),
        (items(ITEM), SILENT, Status.UNKNOWN, "another region's table could not be read"),
        (items({**ITEM, "region": "eu-west-1"}), items(), Status.FAIL, "says region 'eu-west-1'"),
        (items({**ITEM, "who": f"<{EMAIL}>"}), items(), Status.FAIL, "no e-mail may be in the table"),
        (items({"subject": "s", "greeting_id": KEY}), items(), Status.FAIL, "lacks created_at, expires_at, region"),
    ],
)
def test_item(own: Any, other: Any, status: Status, says: str) -> None:
    """The item must be in this region's table, well formed, and in no other."""
    found = checks.check_item(HERE, {"us-east-1": own, "eu-west-1": other}, EXPECTED)
    assert found.status is status
    assert says in found.sentence
    assert EMAIL not in found.sentence


@pytest.mark.parametrize(
    ("seen", "status", "says"),
    [
        (heard(SENT), Status.PASS, "exactly email, source, region and repo"),
        (heard(SENT, others=3), Status.PASS, "exactly"),
        (heard(), Status.FAIL, "greeter-dev-verification in 1 s: the function did not publish"),
        (heard(others=2), Status.FAIL, "(2 others arrived)"),
        (heard({**SENT, "subject": EMAIL}), Status.FAIL, "has 1 fields besides"),
        (heard({"email": EMAIL, "source": "Lambda"}), Status.FAIL, "lacks region, repo"),
        (heard({**SENT, "source": "lambda"}), Status.FAIL, "source 'lambda', wanted 'Lambda'"),
        (heard({**SENT, "region": "eu-west-1"}), Status.FAIL, "region 'eu-west-1', wanted 'us-east-1'"),
        (heard({**SENT, "repo": "x"}), Status.FAIL, "repo 'x', wanted 'https"),
        (SILENT, Status.UNKNOWN, "AccessDenied"),
    ],
)
def test_message(seen: Messages | NoAnswer, status: Status, says: str) -> None:
    """The message must come with exactly the fields and values of the wire contract."""
    found = checks.check_message(HERE, seen, EXPECTED)
    assert found.status is status
    assert says in found.sentence
    assert EMAIL not in found.sentence


@pytest.mark.parametrize(
    ("again", "own", "seen", "status", "says"),
    [
        (GREETED, items(ITEM), heard(SENT), Status.PASS, "one item and one message"),
        (GREETED, items(ITEM, {**ITEM, "greeting_id": OTHER}), heard(SENT), Status.PASS, "one item"),
        (GREETED, items(ITEM, {**ITEM, "greeting_id": "new"}), heard(SENT), Status.FAIL, "items: 2, messages: 1"),
        (GREETED, items(ITEM), heard(SENT, SENT), Status.FAIL, "items: 1, messages: 2"),
        (GREETED, items(), heard(), Status.FAIL, "items: 0, messages: 0"),
        (Answer(200, {"greeting_id": OTHER}), items(ITEM), heard(SENT), Status.FAIL, "another greeting_id"),
        (Answer(409, FAILED), items(ITEM), heard(SENT), Status.FAIL, "answered 409"),
        (Answer(429, {}), items(ITEM), heard(SENT), Status.UNKNOWN, "throttled"),
        (SILENT, items(ITEM), heard(SENT), Status.UNKNOWN, "AccessDenied"),
        (GREETED, SILENT, heard(SENT), Status.UNKNOWN, "AccessDenied"),
        (GREETED, items(ITEM), SILENT, Status.UNKNOWN, "AccessDenied"),
        (GREETED, MissingTable("greetings"), heard(SENT), Status.UNKNOWN, "there is no table"),
    ],
)
def test_once(again: Any, own: Any, seen: Any, status: Status, says: str) -> None:
    """The same Idempotency-Key twice must give one answer, one item and one message."""
    found = checks.check_once(HERE, again, own, seen, EXPECTED)
    assert found.status is status
    assert says in found.sentence
