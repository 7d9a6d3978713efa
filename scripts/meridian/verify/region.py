"""One region from its first call to its last message."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future

import requests

from meridian.verify import attempts, checks, http, leftovers, observe, refusals
from meridian.verify.checks import Expected
from meridian.verify.deployment import Regional
from meridian.verify.findings import Finding, unknown
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.identity import SignedIn
from meridian.verify.mailbox import Mailbox, open_mailbox
from meridian.verify.work import Work

_GREETING = ("greet", "item", "message", "once", "no-trace")


def verify(work: Work, place: Regional, keys: Mapping[str, str], person: "Future[SignedIn | None]") -> float:
    """Check every rule in one region and return how many seconds it took.

    `keys` are the Idempotency-Keys of all regions. Raises Stopped where the run is to end.
    """
    begun = time.monotonic()
    with http.session(work.target.kind) as caller:
        answer = _first_answer(work, place, caller)
        work.tell(checks.status(place, answer))
        if isinstance(answer, NoAnswer) and not answer.reachable:
            _give_up(work, place, ("refuse-all", *_GREETING), "the API could not be reached")
            return time.monotonic() - begun
        work.go_on()
        box = open_mailbox(work, place)
        leftovers.remove_regional(work, place.region, place.topic_arn, time.time())
        answers = _refused(work, place, caller, attempts.without_user())
        found = person.result()
        if found is None:
            _give_up(work, place, ("refuse-forged", *_GREETING), "nobody is signed in")
        else:
            # All forged calls come first: a new subscription has time to take effect.
            forged = attempts.with_user(found.material)
            if any(refusals.let_through(answer) for answer in answers):
                forged = [attempts.blame_the_route(attempt) for attempt in forged]
            answers += _refused(work, place, caller, forged)
            accepted = sum(isinstance(answer, Answer) and answer.status < 300 for answer in answers)
            _greeted(work, place, keys, caller, found, box, accepted)
    return time.monotonic() - begun


def _first_answer(work: Work, place: Regional, caller: requests.Session) -> Answer | NoAnswer:
    """Return what /status answers as soon as that is 200, or its last answer when patience ends."""
    until = time.monotonic() + work.patience.ready
    while True:
        answer = http.get(caller, f"{place.api_url}/status")
        if (isinstance(answer, Answer) and answer.status == 200) or time.monotonic() >= until:
            return answer
        work.go_on()
        time.sleep(1)


def _refused(
    work: Work, place: Regional, caller: requests.Session, tried: Iterable[attempts.Attempt | attempts.NotTried]
) -> list[Answer | NoAnswer]:
    """Make each attempt, tell how it ended, and return the answers."""
    answers = []
    for attempt in tried:
        work.go_on()
        if isinstance(attempt, attempts.NotTried):
            work.tell(refusals.not_tried(place.region, attempt))
            continue
        headers = {} if attempt.authorization is None else {"Authorization": attempt.authorization}
        answer = http.get(caller, f"{place.api_url}/greet", headers)
        answers.append(answer)
        work.tell(refusals.refusal(place, attempt, answer))
    return answers


def _greeted(
    work: Work,
    place: Regional,
    keys: Mapping[str, str],
    caller: requests.Session,
    person: SignedIn,
    box: Mailbox | Finding,
    accepted: int,
) -> None:
    region, url = place.region, f"{place.api_url}/greet"
    others = frozenset(key for name, key in keys.items() if name != region)
    expected = Expected(keys[region], person.address, work.target.repository, others)
    headers = {"Authorization": f"Bearer {person.material.id_token}", "Idempotency-Key": keys[region]}
    work.go_on()
    answer = http.get(caller, url, headers)
    work.tell(checks.greet(place, answer, keys[region]))
    greeted = isinstance(answer, Answer) and answer.status == 200
    again = http.get(caller, url, headers) if greeted else NoAnswer("GET /greet did not succeed")
    tables = observe.tables(work, person.subject)
    heard = _listen(work, region, box, person, greeted=greeted)
    own = observe.table(work, region, person.subject)
    if isinstance(answer, Answer) and 400 <= answer.status < 500:
        _give_up(work, place, ("item", "message", "once"), f"GET /greet answered {answer.status}")
    else:
        work.tell(checks.item(place, tables, expected))
        work.tell(box if isinstance(box, Finding) else checks.message(place, heard, expected))
        work.tell(checks.once(place, again, own, heard, expected))
    work.tell(refusals.no_trace(place, accepted, own, heard, frozenset(keys.values())))


def _listen(
    work: Work, region: str, box: Mailbox | Finding, person: SignedIn, *, greeted: bool
) -> observe.Messages | NoAnswer:
    if isinstance(box, Finding):
        return NoAnswer("no queue listens to the topic")
    patience = work.patience.arrival if greeted else work.patience.quiet
    return observe.messages(
        work, region, box.queue_url, person.address, {person.material.forged_address}, patience=patience
    )


def _give_up(work: Work, place: Regional, rules: Iterable[str], why: str) -> None:
    for rule in rules:
        work.tell(unknown(place.region, rule, f"Not tried: {why}."))
