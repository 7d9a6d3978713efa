"""The rules of the refused calls, with every wrong answer of an API."""

from typing import Any

import pytest

from meridian.verify import refusals
from meridian.verify.findings import Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.observe import Items, Messages, MissingTable
from meridian.verify.refusals import EITHER, FUNCTION, OPEN_ROUTE, Attempt
from tests.verify.fakes import place

HERE = place()
NONE = Attempt("refuse-no-token", "without a token", OPEN_ROUTE)
ACCESS = Attempt("refuse-access-token", "with an access token", "token_use", "Bearer x", FUNCTION)
REFRESH = Attempt("refuse-refresh-token", "with a refresh token", "open", "Bearer x", EITHER)
GATEWAY = {"message": "Unauthorized"}
FUNCTIONS = {"error": {"code": "id_token_required"}}
SILENT = NoAnswer("AccessDenied: no")


@pytest.mark.parametrize(
    ("attempt", "answer", "status", "says"),
    [
        (NONE, Answer(401, GATEWAY), Status.PASS, "answered 401"),
        (NONE, Answer(200, {}), Status.FAIL, "without a token answered 200, wanted 401: the route has no authorizer."),
        (NONE, Answer(401, FUNCTIONS), Status.FAIL, "refused by the function, not by the authorizer"),
        (NONE, Answer(403, FUNCTIONS), Status.FAIL, "reached the function, the route has no authorizer"),
        (NONE, Answer(403, GATEWAY), Status.FAIL, "something other than the authorizer"),
        (NONE, Answer(404, {}), Status.FAIL, "no route GET /greet"),
        (NONE, Answer(429, {}), Status.UNKNOWN, "throttled"),
        (NONE, Answer(500, GATEWAY), Status.FAIL, "could not call the function"),
        (NONE, Answer(302, {}), Status.FAIL, "answered 302, wanted 401"),
        (NONE, SILENT, Status.UNKNOWN, "got no answer"),
        (ACCESS, Answer(403, FUNCTIONS), Status.PASS, "answered 403"),
        (ACCESS, Answer(200, {}), Status.FAIL, "wanted 403: token_use"),
        (ACCESS, Answer(401, GATEWAY), Status.FAIL, "the authorizer refused what the function should refuse"),
        (REFRESH, Answer(401, GATEWAY), Status.PASS, "answered 401"),
        (REFRESH, Answer(403, FUNCTIONS), Status.PASS, "answered 403"),
        (REFRESH, Answer(201, {}), Status.FAIL, "wanted 401 or 403"),
    ],
)
def test_refusal(attempt: Attempt, answer: Answer | NoAnswer, status: Status, says: str) -> None:
    """Each forged or missing token must be refused with its code, by authorizer or function as required."""
    found = refusals.check_refusal(HERE, attempt, answer)
    assert (found.status, found.rule) == (status, attempt.rule)
    assert says in found.sentence


@pytest.mark.parametrize(
    ("answer", "through"),
    [
        (Answer(200, {}), True),
        (Answer(403, FUNCTIONS), True),
        (Answer(401, GATEWAY), False),
        (Answer(500, GATEWAY), False),
        (SILENT, False),
    ],
)
def test_an_open_route_is_recognised(answer: Answer | NoAnswer, through: bool) -> None:
    """A call without a token passed if the function answered it."""
    assert refusals.passed_authorizer(answer) is through


def items(*ids: str) -> Items:
    """Return a table that holds items with these ids."""
    return Items("greetings", tuple({"greeting_id": name} for name in ids))


def heard(mine: int, forged: int = 0) -> Messages:
    """Return a queue that heard so many messages."""
    return Messages(tuple({"email": "x"} for _ in range(mine)), forged, 0, 1.0)


@pytest.mark.parametrize(
    ("accepted", "own", "seen", "status", "says"),
    [
        (0, items("known"), heard(1), Status.PASS, "no item and sent no message in 1 s"),
        (0, items(), heard(0), Status.PASS, "no item"),
        (0, items("known", "new"), heard(1), Status.FAIL, "left 1 items and 0 messages"),
        (0, items("known"), heard(1, forged=1), Status.FAIL, "left 0 items and 1 messages"),
        (2, items("known", "a", "b"), heard(3), Status.FAIL, "left 2 items and 2 messages"),
        (0, items("known", "new"), SILENT, Status.FAIL, "left 1 items"),
        (0, SILENT, heard(1), Status.UNKNOWN, "AccessDenied"),
        (0, items("known"), SILENT, Status.UNKNOWN, "AccessDenied"),
        (0, MissingTable("greetings"), heard(1), Status.UNKNOWN, "there is no table"),
    ],
)
def test_no_trace(accepted: int, own: Any, seen: Any, status: Status, says: str) -> None:
    """Refused calls must have written no item and sent no message."""
    found = refusals.check_no_trace(HERE, accepted, own, seen, {"known"})
    assert found.status is status
    assert says in found.sentence
