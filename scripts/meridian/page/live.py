"""What the regions say now: whether each API answers, and which alarms are on."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import urlsplit

from meridian.deploy.canary import find_alarms
from meridian.errors import MeridianError
from meridian.local.resolver import look_up
from meridian.page.facts import Fact
from meridian.plans.outputs import read_outputs
from meridian.targets import Target
from meridian.verify import http
from meridian.verify.checks import check_status
from meridian.verify.deployment import Regional, read_deployment
from meridian.verify.findings import Status
from meridian.verify.http import Answer, NoAnswer

TIMEOUT = (3.0, 5.0)
"""Seconds for a connection to an API, and for its answer."""
AT_ONCE = 16
Said = TypeVar("Said")


def ask_health(target: Target, regions: Collection[str]) -> dict[str, Fact]:
    """Return for each region whether GET /status of its API answers.

    A region without an answer is bad while another one answers. If none does, all are unknown: it may be the network
    of this machine. One whose address cannot be read is unknown.
    """
    if not regions:
        return {}
    try:
        deployment = read_deployment(target, read_outputs(target), list(regions))
    except MeridianError as error:
        return dict.fromkeys(regions, Fact("unknown", f"Not reached: {error.message}"))
    facts = {region: Fact("unknown", f"Not reached: {why}.") for region, why in deployment.absent.items()}
    places = {one.region: one for one in deployment.regions}
    answers = _at_once(places, lambda region: _call(target, places[region]))
    reached = any(isinstance(answer, Answer) for answer in answers.values())
    return facts | {region: _judge(places[region], answer, reached) for region, answer in answers.items()}


def _call(target: Target, place: Regional) -> Answer | NoAnswer:
    port = urlsplit(target.endpoint or "").port or 0
    with http.session(target.kind, lambda name: look_up(name, port)) as caller:
        return http.send_get(caller, f"{place.api_url}/status", timeout=TIMEOUT)


def _judge(place: Regional, answer: Answer | NoAnswer, reached: bool) -> Fact:
    if isinstance(answer, NoAnswer) and not reached:
        return Fact("unknown", f"Not reached: GET /status got no answer ({answer.reason}).")
    status, sentence = check_status(place, answer)
    return Fact("good" if status is Status.PASS else "bad", sentence)


def ask_alarms(target: Target, regions: Collection[str]) -> dict[str, Fact]:
    """Return for each region which alarms are on; one whose alarms cannot be read is unknown."""

    def ask(region: str) -> Fact:
        try:
            found = find_alarms(target, region)
        except MeridianError as error:
            return Fact("unknown", error.message)
        return Fact("bad", f"In ALARM: {', '.join(found)}.") if found else Fact("good", "No alarm is on.")

    return _at_once(regions, ask)


def _at_once(regions: Collection[str], ask: Callable[[str], Said]) -> dict[str, Said]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(regions, pool.map(ask, regions), strict=True))
