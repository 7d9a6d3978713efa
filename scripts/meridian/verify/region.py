"""All checks of one region, from its first call to its last message."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future

import requests

from meridian.verify import checks, cleanup, http, observe, refusals
from meridian.verify.checks import Expected
from meridian.verify.deployment import Regional
from meridian.verify.findings import Result, Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.run import Run
from meridian.verify.user import User

_GREETING = ("greet", "item", "message", "once", "no-trace")


def check_region(run: Run, place: Regional, keys: Mapping[str, str], user: "Future[User | None]") -> float:
    """Check every rule in one region and return the seconds that it took.

    `keys` are the Idempotency-Keys of all regions. Raises Stopped after an interruption.
    """
    begun = time.monotonic()
    with http.session(run.target.kind) as caller:
        answer = _wait_for_status(run, place, caller)
        run.report(place.region, "status", *checks.check_status(place, answer))
        if isinstance(answer, NoAnswer):
            _report_untried(run, place, ("refuse-all", *_GREETING), "GET /status got no answer")
            return time.monotonic() - begun
        run.raise_if_stopped()
        queue = observe.open_queue(run, place)
        cleanup.remove_leftovers_from_region(run, place)
        _try_refusals(run, place, caller, refusals.attempts_without_user())
        found = user.result()
        if found is None:
            _report_untried(run, place, ("refuse-forged", *_GREETING), "no user is signed in")
        else:
            # All forged calls come first: a new subscription needs time to take effect.
            _try_refusals(run, place, caller, refusals.attempts_with_user(found))
            _check_greeting(run, place, keys, caller, found, queue)
    return time.monotonic() - begun


def _wait_for_status(run: Run, place: Regional, caller: requests.Session) -> Answer | NoAnswer:
    """Return the first answer 200 of /status, or the last answer when the time is over."""
    until = time.monotonic() + run.waits.ready
    while True:
        answer = http.send_get(caller, f"{place.api_url}/status")
        if (isinstance(answer, Answer) and answer.status == 200) or time.monotonic() >= until:
            return answer
        run.raise_if_stopped()
        time.sleep(1)


def _try_refusals(run: Run, place: Regional, caller: requests.Session, attempts: Iterable[refusals.Attempt]) -> None:
    """Make each call and report its result."""
    for attempt in attempts:
        run.raise_if_stopped()
        if isinstance(attempt.authorization, tuple):
            run.report(place.region, attempt.rule, *attempt.authorization)
            continue
        headers = {} if attempt.authorization is None else {"Authorization": attempt.authorization}
        answer = http.send_get(caller, f"{place.api_url}/greet", headers)
        run.report(place.region, attempt.rule, *refusals.check_refusal(place, attempt, answer))


def _check_greeting(
    run: Run, place: Regional, keys: Mapping[str, str], caller: requests.Session, user: User, queue: str | Result
) -> None:
    """Greet twice with one key and report what that left; `queue` is its URL, or why it is missing."""
    region, url, key = place.region, f"{place.api_url}/greet", keys[place.region]
    expected = Expected(key, user.address, run.target.repository, frozenset(keys.values()) - {key})
    headers = {"Authorization": f"Bearer {user.tokens.id}", "Idempotency-Key": key}
    run.raise_if_stopped()
    answer = http.send_get(caller, url, headers)
    run.report(region, "greet", *checks.check_greet(place, answer, key))
    greeted = isinstance(answer, Answer) and answer.status == 200
    again = http.send_get(caller, url, headers) if greeted else answer
    heard: observe.Messages = NoAnswer("no queue is subscribed to the topic")
    if isinstance(queue, str):
        heard = observe.receive_messages(run, region, queue, user.address)
    tables = observe.read_tables(run, user.subject)
    results = {
        "item": checks.check_item(place, tables, expected),
        "message": checks.check_message(place, heard, expected),
        "once": checks.check_once(place, again, tables[region], heard, expected),
    }
    if not greeted:
        results = dict.fromkeys(results, (Status.UNKNOWN, "Not tried: GET /greet did not answer 200."))
    if not isinstance(queue, str):
        results["message"] = queue
    results["no-trace"] = refusals.check_no_trace(tables[region], heard, keys.values(), user.forged_address)
    for rule, result in results.items():
        run.report(region, rule, *result)


def _report_untried(run: Run, place: Regional, rules: Iterable[str], why: str) -> None:
    for rule in rules:
        run.report(place.region, rule, Status.UNKNOWN, f"Not tried: {why}.")
