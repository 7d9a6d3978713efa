"""What stands before the names: calls through the edge work, and no region answers one that passes by it."""

import requests

from meridian.aws import AWS_ERRORS, describe_error, is_denied
from meridian.verify import http
from meridian.verify.aws import is_missing
from meridian.verify.deployment import Edge, Regional
from meridian.verify.findings import Result, Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.run import Run
from meridian.verify.user import User

HEADER = "X-Edge-Secret"
THROUGH, PAST, SAME = "edge", "refuse-past-edge", "edge-secret"
# The function refuses this after the lock and before anything else, so that a call leaves nothing.
_BAD_KEY = {"Idempotency-Key": "meridian-verify"}
_OPENED, _LOCKED = (400, "invalid_idempotency_key"), (403, "not_through_edge")


def open_lock(run: Run, place: Regional) -> Result | None:
    """Send what the edge sends with every later call of a region; return the result if it cannot be read."""
    if place.edge is None or not place.edge.only or not place.edge.secret_arn:
        return None
    value = _read_secret(run, place.region, place.edge)
    if not isinstance(value, str):
        return value
    run.headers[place.region] = {HEADER: value}
    return None


def _read_secret(run: Run, region: str, edge: Edge) -> str | Result:
    """Return what a region asks for, which no report shows; the result if it cannot be read."""
    try:
        found = run.client("secretsmanager", region).get_secret_value(SecretId=edge.secret_arn)
        value = str(found.get("SecretString", ""))
    except AWS_ERRORS as error:
        if not is_missing(error):
            return Status.UNKNOWN, _unread(edge, error)
        value = ""
    if not value:
        return Status.FAIL, f"Secret {edge.secret_arn} has no value: store it as docs/edge.md says."
    run.reporter.hide(value)
    return value


def _unread(edge: Edge, error: Exception) -> str:
    hint = " The newest `access` allows it." if is_denied(error) else ""
    return f"Secret {edge.secret_arn} could not be read: {describe_error(error)}.{hint}"


def check_edge(run: Run, place: Regional, user: User) -> None:
    """Call a region past the edge, and in the primary region also through it; report both, nothing without an edge."""
    if place.edge is None:
        return
    headers = {"Authorization": f"Bearer {user.tokens.id}", **_BAD_KEY}
    with run.session() as caller:
        if not place.edge.only:
            run.report(place.region, PAST, Status.SKIP, "Calls may pass by the edge: the inventory accepts them.")
        else:
            answers = [_greet(caller, place.api_url, headers | more) for more in ({}, {HEADER: "meridian-verify"})]
            run.report(place.region, PAST, *check_refused(answers))
            if place.region != run.deployment.regions[0].region:
                run.report(place.region, SAME, *check_same(run, place, run.deployment.regions[0]))
        if place.region == run.deployment.identity.region:
            run.report(place.region, THROUGH, *check_through(place.edge, _greet(caller, place.edge.url, headers)))


def check_same(run: Run, place: Regional, first: Regional) -> Result:
    """Check that a region asks for what the first one asks for: the edge sends every region one value."""
    if first.edge is None or not first.edge.secret_arn:
        return Status.UNKNOWN, f"{first.region} names no secret of the edge: apply it."
    value = _read_secret(run, first.region, first.edge)
    if not isinstance(value, str):
        return Status.UNKNOWN, f"{first.region}: {value[1]}"
    if {HEADER: value} != run.headers.get(place.region):
        return Status.FAIL, f"{first.region} has another secret: store the newest value in every region."
    return Status.PASS, f"It asks for the secret of {first.region}."


def _greet(caller: requests.Session, url: str, headers: dict[str, str]) -> Answer | NoAnswer:
    return http.send_get(caller, f"{url}/greet", headers)


def check_refused(answers: list[Answer | NoAnswer]) -> Result:
    """Check that calls with an ID token, without the secret and with a wrong one, were refused by the lock."""
    for answer, what in zip(answers, ("without the edge's secret", "with a wrong secret"), strict=True):
        call = f"GET /greet {what}"
        if isinstance(answer, NoAnswer):
            return Status.UNKNOWN, f"{call} got no answer ({answer.reason})."
        if _outcome(answer) != _LOCKED:
            return Status.FAIL, f"{call} answered {_say(answer)}, wanted {_LOCKED[0]}: clients can pass by the edge."
    return Status.PASS, "GET /greet past the edge answered 403, without its secret and with a wrong one."


def check_through(edge: Edge, answer: Answer | NoAnswer) -> Result:
    """Check that a call with an ID token reached the function through the edge."""
    call = f"GET {edge.url}/greet"
    if isinstance(answer, NoAnswer):
        return (
            Status.FAIL,
            f"{call} got no answer ({answer.reason}): the name, its records or its certificate is wrong.",
        )
    if _outcome(answer) == _OPENED:
        return Status.PASS, f"{call} reached the function."
    if _outcome(answer) == _LOCKED:
        why = "the edge sends another value than the secret's: store both as docs/edge.md says"
    elif answer.status == 503 and not edge.only:
        return Status.SKIP, f"{call} answered 503: store the secret as docs/edge.md says, before clients call it."
    elif answer.status == 503:
        why = "the edge has no value to send (docs/edge.md), or no region answers"
    else:
        why = "the firewall or the distribution refused it, or it has no region behind it"
    return Status.FAIL, f"{call} answered {_say(answer)}, wanted {_OPENED[0]} of the function: {why}."


def _outcome(answer: Answer) -> tuple[int, object]:
    error = answer.body.get("error")
    return answer.status, error.get("code") if isinstance(error, dict) else None


def _say(answer: Answer) -> str:
    status, code = _outcome(answer)
    return f"{status} {code}" if code else str(status)
