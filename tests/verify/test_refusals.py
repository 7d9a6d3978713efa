"""The calls that must be refused, with every wrong answer of an API."""

from typing import Any

import pytest

from meridian.verify import refusals
from meridian.verify.findings import Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.refusals import AUTHORIZER, FUNCTION, Attempt, Guarded
from meridian.verify.user import Tokens, User
from tests.verify.fakes import place
from tests.verify.test_tokens import PUBLIC, REAL

GREET = Guarded("GET /greet", "https://x/greet")
NONE = Attempt("refuse-no-token", "without a token", None)
ACCESS = Attempt("refuse-access-token", "with an access token", "Bearer x", FUNCTION)
REFRESH = Attempt("refuse-refresh-token", "with a refresh token", "Bearer x", AUTHORIZER | FUNCTION)
GATEWAY = {"message": "Unauthorized"}
FUNCTIONS = {"error": {"code": "id_token_required"}}
SILENT = NoAnswer("AccessDenied: no")
FORGED = "f@example.com"
SKIPPED = (Status.SKIP, "Not tried.")


@pytest.mark.parametrize(
    ("attempt", "answer", "status", "says"),
    [
        (NONE, Answer(401, GATEWAY), Status.PASS, "answered 401"),
        (NONE, Answer(200, {}), Status.FAIL, "without a token answered 200, wanted 401: the route has no authorizer"),
        (NONE, Answer(401, FUNCTIONS), Status.FAIL, "refused by the function, not by the authorizer"),
        (NONE, Answer(403, FUNCTIONS), Status.FAIL, "reached the function: the route has no authorizer"),
        (NONE, Answer(403, GATEWAY), Status.FAIL, "something other than the authorizer"),
        (NONE, Answer(404, {}), Status.FAIL, "the API has no such route"),
        (NONE, Answer(429, {}), Status.UNKNOWN, "throttled"),
        (NONE, Answer(500, GATEWAY), Status.FAIL, "could not call the function"),
        (NONE, SILENT, Status.UNKNOWN, "got no answer"),
        (ACCESS, Answer(403, FUNCTIONS), Status.PASS, "answered 403"),
        (ACCESS, Answer(200, {}), Status.FAIL, "wanted 403: the function does not check token_use"),
        (ACCESS, Answer(401, GATEWAY), Status.FAIL, "the authorizer refused what the function should refuse"),
        (REFRESH, Answer(403, FUNCTIONS), Status.PASS, "answered 403"),
        (REFRESH, Answer(201, {}), Status.FAIL, "wanted 401 or 403"),
    ],
)
def test_refusal(attempt: Attempt, answer: Answer | NoAnswer, status: Status, says: str) -> None:
    """Each forged or missing token must be refused with its code, by authorizer or function as required."""
    found = refusals.check_refusal(place(), GREET, attempt, answer)
    assert found[0] is status
    assert says in found[1]


ORDERS = Guarded("POST /orders", "https://x/orders", "POST", is_greet=False)
HEAD = Guarded("HEAD /orders", "https://x/orders", "HEAD", is_greet=False)
SIGNED = Guarded("POST /orders", "https://x/orders", "POST", authorization="AWS_IAM", is_greet=False)


@pytest.mark.parametrize(
    ("guarded", "attempt", "answer", "status", "says"),
    [
        (ORDERS, NONE, Answer(401, GATEWAY), Status.PASS, "POST /orders without a token answered 401"),
        (ORDERS, NONE, Answer(403, GATEWAY), Status.FAIL, "wanted 401"),
        (ORDERS, NONE, Answer(401, {"code": "no"}), Status.FAIL, "refused by the function, not by the authorizer"),
        (ORDERS, NONE, Answer(201, {}), Status.FAIL, "answered 201, wanted 401: the route has no authorizer"),
        (ORDERS, NONE, Answer(400, {"code": "no"}), Status.FAIL, "it reached the function"),
        (ORDERS, NONE, Answer(500, GATEWAY), Status.FAIL, "the API cannot call the function"),
        (ORDERS, ACCESS, Answer(401, GATEWAY), Status.PASS, "answered 401"),
        (ORDERS, ACCESS, Answer(403, {"code": "no"}), Status.PASS, "answered 403"),
        (ORDERS, ACCESS, Answer(400, {}), Status.FAIL, "the function did not refuse it before everything else"),
        (ORDERS, ACCESS, Answer(200, {}), Status.FAIL, "the function does not check token_use"),
        (HEAD, NONE, Answer(401, {}), Status.PASS, "answered 401"),
        (HEAD, NONE, Answer(200, {}), Status.FAIL, "answered 200, wanted 401"),
        (SIGNED, NONE, Answer(403, GATEWAY), Status.PASS, "answered 403"),
        (SIGNED, NONE, Answer(403, {"code": "no"}), Status.FAIL, "refused by the function"),
    ],
)
def test_refusal_of_a_route_of_a_module(
    guarded: Guarded, attempt: Attempt, answer: Answer, status: Status, says: str
) -> None:
    """Of a function that is not ours only what the authorizer or a 401 or 403 of its own can tell is known."""
    found = refusals.check_refusal(place(), guarded, attempt, answer)
    assert found[0] is status
    assert says in found[1]


def items(*ids: str) -> list[dict[str, str]]:
    """Return items with these ids."""
    return [{"greeting_id": name} for name in ids]


@pytest.mark.parametrize(
    ("own", "heard", "status", "says"),
    [
        (items("known"), [{"email": "x"}], Status.PASS, "no item and sent no message"),
        (items("known", "new"), [], Status.FAIL, "left 1 items and 0 forged messages"),
        (items("known"), [{"email": FORGED}], Status.FAIL, "left 0 items and 1 forged messages"),
        (items("new"), SILENT, Status.FAIL, "left 1 items"),
        (SILENT, [], Status.UNKNOWN, "AccessDenied"),
        (items("known"), SILENT, Status.UNKNOWN, "AccessDenied"),
    ],
)
def test_no_trace(own: Any, heard: Any, status: Status, says: str) -> None:
    """Refused calls must have written no item and sent no message."""
    found = refusals.check_no_trace(own, heard, {"known"}, FORGED)
    assert found[0] is status
    assert says in found[1]


def attempts(**changes: Any) -> list[Attempt]:
    """Return the calls with the tokens of a user."""
    usual = {"subject": "s", "address": "real@example.com", "password": "p", "tokens": Tokens(REAL, "a", "r")}
    user = User(**({**usual, "public_key": PUBLIC, "forged_address": FORGED, "other_client": "o"} | changes))
    assert REAL not in repr(user)
    return refusals.attempts_with_user(user)


def test_every_refusal_of_the_contract_is_tried() -> None:
    """Thirteen calls, each with a rule of its own; only two may reach the function."""
    made = [*refusals.attempts_without_user(), *attempts()]
    names = "no-token empty bearer-only garbage flipped-byte changed-payload foreign-key alg-none hs256-pem hs256-der"
    names += " other-client access-token refresh-token"
    assert [attempt.rule for attempt in made] == [f"refuse-{name}" for name in names.split()]
    assert {attempt.rule: attempt.wanted for attempt in made if attempt.wanted != {401}} == {
        "refuse-access-token": {403},
        "refuse-refresh-token": {401, 403},
    }
    assert REAL not in repr(made)


def test_a_call_that_cannot_be_made_has_its_reason() -> None:
    """Without the public key or another client these rules are not left out."""
    made = attempts(public_key=NoAnswer("down"), other_client=SKIPPED)
    assert [attempt.authorization for attempt in made if isinstance(attempt.authorization, tuple)] == [
        *[(Status.UNKNOWN, "The pool's public key could not be read: down.")] * 2,
        SKIPPED,
    ]
