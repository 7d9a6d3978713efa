"""All checks of one region, from its first call to its last message."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import requests

from meridian.verify import calls, checks, cleanup, edge, http, names, observe, refusals, routes
from meridian.verify.checks import Expected
from meridian.verify.declared import Call
from meridian.verify.deployment import COMPUTE, Api, Regional
from meridian.verify.findings import Result, Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.refusals import Attempt, Guarded
from meridian.verify.routes import Route
from meridian.verify.run import Run
from meridian.verify.user import User

# Few enough for the usual throttle of an API.
_AT_ONCE = 4
_GREETING = ("greet", "item", "message", "once", "no-trace")


def check_region(run: Run, place: Regional, keys: Mapping[str, str], user: "Future[User | None]") -> float:
    """Check every rule in one region and return the seconds that it took.

    `keys` are the Idempotency-Keys of all regions. Raises Stopped after an interruption.
    """
    begun = time.monotonic()
    shut = edge.open_lock(run, place)
    with run.session(place.region) as caller:
        answer = wait_for_status(run, place, caller)
        run.report(place.region, "status", *checks.check_status(place, answer))
        if shut:
            run.report(place.region, edge.PAST, *shut)
        if shut or isinstance(answer, NoAnswer):
            why = "the lock of the edge cannot be opened" if shut else "GET /status got no answer"
            _report_untried(run, place, ("refuse-all", routes.RULE, *_GREETING), why)
            calls.report_untried(run, place, why)
            return time.monotonic() - begun
        names.check_names(run, place, caller)
        run.raise_if_stopped()
        queue = observe.open_queue(run, place)
        cleanup.remove_leftovers_from_region(run, place)
        deployed = {api: _read_routes(run, place, api) for api in place.apis}
        _try_refusals(run, place, list(_find_guarded(run, place, deployed, None)), refusals.attempts_without_user())
        found = user.result()
        if found is None:
            _report_untried(run, place, ("refuse-forged", *_GREETING), "no user is signed in")
            calls.report_untried(run, place, "no user is signed in")
        else:
            # All forged calls come first: a new subscription needs time to take effect.
            guarded = list(_find_guarded(run, place, deployed, found))
            _try_refusals(run, place, guarded, refusals.attempts_with_user(found))
            _check_greeting(run, place, keys, caller, found, queue)
            calls.check_calls(run, place, caller, found)
            edge.check_edge(run, place, found)
    return time.monotonic() - begun


def wait_for_status(run: Run, place: Regional, caller: requests.Session) -> Answer | NoAnswer:
    """Return the first answer 200 of /status, or the last answer when the time is over."""
    until = time.monotonic() + run.waits.ready
    while True:
        answer = http.send_get(caller, f"{place.api_url}/status")
        if (isinstance(answer, Answer) and answer.status == 200) or time.monotonic() >= until:
            return answer
        run.raise_if_stopped()
        time.sleep(1)


def _read_routes(run: Run, place: Regional, api: Api) -> list[Route]:
    """Return the routes of an API and report whether a check calls each; none if they cannot be read."""
    found = routes.read_routes(run, place.region, api)
    if isinstance(found, NoAnswer):
        sentence = f"Which routes are deployed is unknown: {found.reason}."
        run.report(place.region, routes.RULE, Status.UNKNOWN, sentence)
        return []
    for result in routes.check_routes(api, found, _declared_for(run, place, api)):
        run.report(place.region, routes.RULE, *result)
    return found


def _declared_for(run: Run, place: Regional, api: Api) -> list[Call]:
    return [call for several in run.calls_in(place.region) for call in several if place.api_of(call.module) == api]


def _find_guarded(
    run: Run, place: Regional, found: Mapping[Api, list[Route]], user: User | None
) -> Iterator[tuple[Guarded, frozenset[str]]]:
    """Yield GET /greet and every other route with an authorizer, each with the rules that are not tried on it."""
    yield Guarded(routes.GREET, f"{place.api_url}/greet"), frozenset()
    values = calls.make_values(run, place.region, user)
    for api, several in found.items():
        declared = _declared_for(run, place, api)
        for route in several:
            if route.is_public or (api.module == COMPUTE and route.key == routes.GREET):
                continue
            mine = [one for one in declared if routes.find_route(several, one.method, one.path) == route]
            method, path, body = calls.call_of(mine, values) or (*routes.sample_call(route, several), None)
            # A route whose own check is made with an access token accepts one.
            wants_access = any(one.succeeds_with("access") for one in mine)
            left_out = frozenset({"refuse-access-token"} if wants_access else ())
            yield Guarded(route.key, f"{api.url}{path}", method, body, route.authorization, is_greet=False), left_out


def _try_refusals(
    run: Run,
    place: Regional,
    guarded: Sequence[tuple[Guarded, frozenset[str]]],
    attempts: Sequence[Attempt],
) -> None:
    """Make each call on each route and report its result; some routes at a time."""

    def try_route(pair: tuple[Guarded, frozenset[str]]) -> None:
        route, left_out = pair
        with run.session(place.region) as caller:
            for attempt in attempts:
                if attempt.rule not in left_out:
                    _try_refusal(run, place, caller, route, attempt)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(try_route, guarded):
            pass


def _try_refusal(run: Run, place: Regional, caller: requests.Session, guarded: Guarded, attempt: Attempt) -> None:
    run.raise_if_stopped()
    if isinstance(attempt.authorization, tuple):
        if guarded.is_greet:
            run.report(place.region, attempt.rule, *attempt.authorization)
        return
    headers = {} if attempt.authorization is None else {"Authorization": attempt.authorization}
    answer = calls.send_patiently(run, caller, guarded.method, guarded.url, headers, guarded.body)
    run.report(place.region, attempt.rule, *refusals.check_refusal(place, guarded, attempt, answer))


def _check_greeting(
    run: Run, place: Regional, keys: Mapping[str, str], caller: requests.Session, user: User, queue: str | Result
) -> None:
    """Greet twice with one key and report what that left; `queue` is its URL, or why it is missing."""
    region, url, key = place.region, f"{place.api_url}/greet", keys[place.region]
    expected = Expected(key, user.address, run.target.repository, frozenset(keys.values()) - {key})
    headers = {"Authorization": f"Bearer {user.tokens.id}", "Idempotency-Key": key}
    run.raise_if_stopped()
    answer = http.send_get(caller, url, headers)
    written = time.monotonic()
    run.report(region, "greet", *checks.check_greet(place, answer, key))
    greeted = isinstance(answer, Answer) and answer.status == 200
    item: Result | None = None
    if greeted and place.replicates:
        # Before anything else, so that the seconds are those of the replication.
        copies, seconds = observe.read_replicas(run, region, user.subject, key, written)
        item = checks.check_replicated_item(place, copies, expected, seconds, run.waits.arrival)
    again = http.send_get(caller, url, headers) if greeted else answer
    heard: observe.Messages = NoAnswer("no queue is subscribed to the topic")
    if isinstance(queue, str):
        heard = observe.receive_messages(run, region, queue, user.address)
    tables = observe.read_tables(run, user.subject)
    results = {
        "item": item or checks.check_item(place, tables, expected),
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
