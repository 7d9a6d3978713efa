"""The edge: which answer of which call is good, and what a run sends where the APIs ask for a secret."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from meridian.verify.deployment import Edge, Regional
from meridian.verify.edge import HEADER, check_edge, check_refused, check_same, check_through, open_lock
from meridian.verify.findings import Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.run import Run
from tests.verify.fakes import Aws, place, refused, served
from tests.verify.test_calls import USER

ARN = "arn:aws:secretsmanager:us-east-1:100000000001:secret:greeter-dev-edge-a1B2c3"
VALUE = "0123"
EDGE = Edge("https://edge.api.example.com", ARN, only=True)


def answer(status: int, code: str = "") -> Answer:
    """Return an answer of the function, or one of something before it."""
    return Answer(status, {"error": {"code": code, "message": "no"}} if code else {})


LOCKED, OPENED = answer(403, "not_through_edge"), answer(400, "invalid_idempotency_key")


@pytest.mark.parametrize(
    ("without", "wrong", "status"),
    [
        (LOCKED, LOCKED, Status.PASS),
        (OPENED, LOCKED, Status.FAIL),
        (LOCKED, OPENED, Status.FAIL),
        (answer(403, "id_token_required"), LOCKED, Status.FAIL),
        (answer(200), LOCKED, Status.FAIL),
        (NoAnswer("timed out"), LOCKED, Status.UNKNOWN),
        (LOCKED, NoAnswer("timed out"), Status.UNKNOWN),
    ],
)
def test_only_the_lock_refuses_what_passes_by_the_edge(
    without: Answer | NoAnswer, wrong: Answer | NoAnswer, status: Status
) -> None:
    """A 403 with another code is of another check, which lets other calls pass."""
    assert check_refused([without, wrong])[0] is status


@pytest.mark.parametrize(
    ("got", "status", "says"),
    [
        (OPENED, Status.PASS, "reached the function"),
        (LOCKED, Status.FAIL, "sends another value than the secret's"),
        (answer(503), Status.FAIL, "has no value to send"),
        (answer(429), Status.FAIL, "the firewall"),
        (answer(400, "id_token_required"), Status.FAIL, "wanted 400 of the function"),
        (NoAnswer("name or service not known"), Status.FAIL, "the name, its records"),
    ],
)
def test_a_call_through_the_edge_reaches_the_function(got: Answer | NoAnswer, status: Status, says: str) -> None:
    result, sentence = check_through(EDGE, got)
    assert result is status
    assert says in sentence


def behind(edge: Edge | None, api_url: str = "http://127.0.0.1:9") -> Regional:
    """Return one region's deployment behind an edge."""
    return replace(place(api_url=api_url), edge=edge)


def test_every_later_call_of_a_region_carries_its_secret(run: Run, aws: Aws) -> None:
    """Another region's calls do not; no report shows it."""
    aws.answers["get_secret_value"] = {"SecretString": VALUE}
    assert open_lock(run, behind(EDGE)) is None
    assert run.session("us-east-1").headers[HEADER] == VALUE
    assert HEADER not in run.session("eu-west-1").headers
    assert HEADER not in run.session().headers
    assert VALUE not in repr(run)
    assert aws.asked[-1] == {"SecretId": ARN}


@pytest.mark.parametrize("edge", [None, replace(EDGE, only=False), replace(EDGE, secret_arn="")])
def test_without_a_lock_no_secret_is_read(run: Run, aws: Aws, edge: Edge | None) -> None:
    """A version of compute that cannot refuse has no secret: the calls past the edge fail."""
    assert open_lock(run, behind(edge)) is None
    assert aws.calls == []
    assert run.headers == {}


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("ResourceNotFoundException", Status.FAIL, "has no value: store it as docs/edge.md says."),
        ("AccessDeniedException", Status.UNKNOWN, "AccessDeniedException: no. The newest `access` allows it."),
        ("InternalServiceError", Status.UNKNOWN, "could not be read: InternalServiceError: no."),
    ],
)
def test_a_secret_that_cannot_be_read_is_said(run: Run, aws: Aws, code: str, status: Status, says: str) -> None:
    aws.faults["get_secret_value"] = refused(code)
    result = open_lock(run, behind(EDGE))
    assert result is not None
    assert result[0] is status
    assert result[1].endswith(says)
    assert run.headers == {}


def test_an_empty_secret_is_no_value(run: Run, aws: Aws) -> None:
    aws.answers["get_secret_value"] = {"ARN": ARN}
    result = open_lock(run, behind(EDGE))
    assert result is not None
    assert result[0] is Status.FAIL
    assert run.headers == {}


def test_without_a_value_the_edge_is_not_ready_while_calls_may_pass_by_it() -> None:
    """As after the apply that makes it: clients still call the regions."""
    assert check_through(replace(EDGE, only=False), answer(503))[0] is Status.SKIP
    assert check_through(replace(EDGE, only=False), LOCKED)[0] is Status.FAIL


def both_behind(run: Run) -> tuple[Run, Regional, Regional]:
    """Return a run whose two regions have an edge, its second region, whose secret was read, and its first."""
    regions = tuple(replace(one, edge=Edge(EDGE.url, one.region, only=True)) for one in run.deployment.regions)
    run.headers[regions[1].region] = {HEADER: VALUE}
    return replace(run, deployment=replace(run.deployment, regions=regions)), regions[1], regions[0]


@pytest.mark.parametrize(("value", "status"), [(VALUE, Status.PASS), ("older", Status.FAIL), ("", Status.UNKNOWN)])
def test_a_region_with_another_secret_is_named(run: Run, aws: Aws, value: str, status: Status) -> None:
    """The edge sends one value to all: a region that a rotation left out refuses it."""
    aws.answers["get_secret_value"] = {"SecretString": value}
    found, says = check_same(*both_behind(run))
    assert found is status
    assert "us-east-1" in says
    assert list(aws.asked[-1].values()) == ["us-east-1"]
    assert "older" not in says


def test_every_region_but_the_first_is_compared_with_it(run: Run, aws: Aws) -> None:
    aws.answers["get_secret_value"] = {"SecretString": VALUE}
    run, second, first = both_behind(run)
    for one in (first, second):
        check_edge(run, one, USER)
    compared = [finding.region for finding in run.reporter.findings if finding.rule == "edge-secret"]
    assert compared == [second.region]


@pytest.mark.parametrize(
    ("edge", "rules"),
    [
        (EDGE, {"refuse-past-edge": Status.PASS, "edge": Status.PASS}),
        (replace(EDGE, only=False), {"refuse-past-edge": Status.SKIP, "edge": Status.PASS}),
        (None, {}),
    ],
)
def test_both_ways_are_called_with_the_users_token(run: Run, edge: Edge | None, rules: Mapping[str, Status]) -> None:
    """The key is one that the function refuses, so that no call leaves anything."""
    seen: list[Mapping[str, str]] = []

    def reply(path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        seen.append(headers)
        through = path.startswith("/edge/")
        return (400, {"error": {"code": "invalid_idempotency_key"}}) if through else (403, LOCKED.body)

    with served(reply) as url:
        check_edge(run, behind(edge and replace(edge, url=f"{url}/edge"), url), USER)
    found = {finding.rule: finding.status for finding in run.reporter.findings}
    assert found == rules
    assert all(headers["Authorization"] == "Bearer id-token" for headers in seen)
    assert all(headers["Idempotency-Key"] == "meridian-verify" for headers in seen)
