"""All checks of one region, from its first call to its last message."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future

import requests

from meridian.verify import checks, http, leftovers, observe, refusals
from meridian.verify.checks import Expected
from meridian.verify.deployment import Regional
from meridian.verify.findings import Finding, Rule
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
        run.report(checks.check_status(place, answer))
        if isinstance(answer, NoAnswer) and not answer.reachable:
            _report_untried(run, place, ("refuse-all", *_GREETING), "the API could not be reached")
            return time.monotonic() - begun
        run.raise_if_stopped()
        queue = observe.open_queue(run, place)
        leftovers.remove_from_region(run, place.region, place.topic_arn, time.time())
        answers = _try_refusals(run, place, caller, refusals.attempts_without_user())
        found = user.result()
        if found is None:
            _report_untried(run, place, ("refuse-forged", *_GREETING), "no user is signed in")
        else:
            # All forged calls come first: a new subscription needs time to take effect.
            forged = refusals.attempts_with_user(place.region, found)
            if any(refusals.passed_authorizer(answer) for answer in answers):
                forged = [refusals.with_open_route(attempt) for attempt in forged]
            answers += _try_refusals(run, place, caller, forged)
            accepted = sum(isinstance(answer, Answer) and answer.status < 300 for answer in answers)
            _check_greeting(run, place, keys, caller, found, queue, accepted)
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


def _try_refusals(
    run: Run, place: Regional, caller: requests.Session, attempts: Iterable[refusals.Attempt | Finding]
) -> list[Answer | NoAnswer]:
    """Make each call, report its finding, and return the answers."""
    answers = []
    for attempt in attempts:
        run.raise_if_stopped()
        if isinstance(attempt, Finding):
            run.report(attempt)
            continue
        headers = {} if attempt.authorization is None else {"Authorization": attempt.authorization}
        answer = http.send_get(caller, f"{place.api_url}/greet", headers)
        answers.append(answer)
        run.report(refusals.check_refusal(place, attempt, answer))
    return answers


def _check_greeting(
    run: Run,
    place: Regional,
    keys: Mapping[str, str],
    caller: requests.Session,
    user: User,
    queue: str | Finding,
    accepted: int,
) -> None:
    region, url = place.region, f"{place.api_url}/greet"
    others = frozenset(key for name, key in keys.items() if name != region)
    expected = Expected(keys[region], user.address, run.target.repository, others)
    headers = {"Authorization": f"Bearer {user.tokens.id}", "Idempotency-Key": keys[region]}
    run.raise_if_stopped()
    answer = http.send_get(caller, url, headers)
    run.report(checks.check_greet(place, answer, keys[region]))
    greeted = isinstance(answer, Answer) and answer.status == 200
    again = http.send_get(caller, url, headers) if greeted else NoAnswer("GET /greet did not succeed")
    tables = observe.read_tables(run, user.subject)
    heard = _listen(run, region, queue, user, greeted=greeted)
    own = observe.read_table(run, region, user.subject)
    if isinstance(answer, Answer) and 400 <= answer.status < 500:
        _report_untried(run, place, ("item", "message", "once"), f"GET /greet answered {answer.status}")
    else:
        run.report(checks.check_item(place, tables, expected))
        run.report(queue if isinstance(queue, Finding) else checks.check_message(place, heard, expected))
        run.report(checks.check_once(place, again, own, heard, expected))
    run.report(refusals.check_no_trace(place, accepted, own, heard, frozenset(keys.values())))


def _listen(run: Run, region: str, queue: str | Finding, user: User, *, greeted: bool) -> observe.Messages | NoAnswer:
    if isinstance(queue, Finding):
        return NoAnswer("no queue is subscribed to the topic")
    seconds = run.waits.arrival if greeted else run.waits.quiet
    return observe.receive_messages(run, region, queue, user.address, {user.forged_address}, seconds=seconds)


def _report_untried(run: Run, place: Regional, rules: Iterable[str], why: str) -> None:
    for rule in rules:
        run.report(Rule(place.region, rule).unknown(f"Not tried: {why}."))
