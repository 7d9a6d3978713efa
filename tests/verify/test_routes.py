"""The routes of an API: which one answers a call, and which of them no check names."""

from dataclasses import replace

import pytest

from meridian.verify.declared import Call
from meridian.verify.deployment import Api
from meridian.verify.findings import Status
from meridian.verify.http import NoAnswer
from meridian.verify.routes import Route, check_routes, find_route, read_routes, sample_call
from meridian.verify.run import Run
from tests.verify.fakes import Aws, refused

API = Api("compute", "a", "https://a")
KEYS = ("GET /orders", "ANY /orders", "GET /orders/{id}", "GET /orders/{id}/lines", "GET /orders/{rest+}", "$default")
ROUTES = [Route(key, "JWT") for key in KEYS]
OURS = [Route("GET /greet", "JWT"), Route("GET /status", "NONE")]
ORDERS = Call("orders", "list", "f:2", "GET", "/orders", "id", None, 200, {}, ())


@pytest.mark.parametrize(
    ("call", "key"),
    [
        ("GET /orders", "GET /orders"),
        ("POST /orders", "ANY /orders"),
        ("GET /orders?limit=1", "GET /orders"),
        ("GET /orders/7", "GET /orders/{id}"),
        ("GET /orders/7/lines", "GET /orders/{id}/lines"),
        ("GET /orders/7/else", "GET /orders/{rest+}"),
        ("POST /orders/7", "$default"),
        ("GET /", None),
    ],
)
def test_a_call_goes_to_the_most_specific_route(call: str, key: str | None) -> None:
    """As an HTTP API chooses."""
    routes = ROUTES if key else ROUTES[:-1]
    found = find_route(routes, *call.split(" ", 1))  # type: ignore[arg-type]
    assert (found.key if found else None) == key


@pytest.mark.parametrize("route", ROUTES, ids=KEYS)
def test_a_sample_call_reaches_its_route(route: Route) -> None:
    """Also where another route has the same path."""
    assert find_route(ROUTES, *sample_call(route, ROUTES)) == route


def test_a_route_that_no_check_calls_is_a_finding() -> None:
    """Those of the verifier's own checks are not, in the API of compute."""
    assert [found[0] for found in check_routes(API, OURS, [])] == [Status.PASS]
    (found,) = check_routes(API, [*OURS, Route("POST /orders", "JWT")], [ORDERS])
    assert found[0] is Status.FAIL
    assert found[1].startswith(
        "POST /orders is deployed, not verified: no check calls it. Add a call to modules/compute/"
    )
    assert len(list(check_routes(replace(API, module="shop"), OURS, []))) == 2
    (passed,) = check_routes(API, [*OURS, Route("GET /orders", "JWT")], [ORDERS])
    assert passed == (Status.PASS, "A check calls each of the 3 routes of compute.")


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (ORDERS, Status.FAIL),
        (replace(ORDERS, token="none"), Status.PASS),
        (replace(ORDERS, token="none", status=401), Status.FAIL),
    ],
    ids=["called with a token", "called without", "refused without"],
)
def test_a_public_route_is_one_on_purpose(call: Call, status: Status) -> None:
    """A call without a token that succeeds says so."""
    (found,) = check_routes(API, [*OURS, Route("GET /orders", "NONE")], [call])
    assert found[0] is status
    assert status is Status.PASS or "GET /orders has no authorizer" in found[1]


def test_routes_are_read_from_the_api(aws: Aws, run: Run) -> None:
    """An API without a route was not seen well; a missing right is named with the next step."""
    assert read_routes(run, "us-east-1", API) == OURS
    aws.routes = {}
    assert read_routes(run, "us-east-1", API) == NoAnswer("the API of us-east-1/compute has no routes")
    aws.faults["get_routes"] = refused("AccessDeniedException")
    found = read_routes(run, "us-east-1", API)
    assert isinstance(found, NoAnswer)
    assert "the role that verifies needs apigateway:GET" in found.reason
    assert "run `meridian bootstrap dev --target local`" in found.reason
    aws.faults["get_routes"] = refused("TooManyRequestsException")
    found = read_routes(run, "us-east-1", API)
    assert isinstance(found, NoAnswer)
    assert found.reason == "the routes of us-east-1/compute could not be read: TooManyRequestsException: no"
