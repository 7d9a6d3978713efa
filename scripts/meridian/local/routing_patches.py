"""What AWS does with names and MiniStack does not: regions apart, names answered, health checked."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from meridian.local import edge_patches
from meridian.local.health_checks import HealthChecks
from meridian.local.listeners import Listeners
from meridian.local.lost import lost_region
from meridian.local.names import Names, Server
from meridian.local.ports import LOOPBACK
from meridian.local.regions import addresses

HEADERS = {"Content-Type": "application/json"}
LISTS = {"ChildHealthChecks": "ChildHealthCheck", "Regions": "Region"}
FOLLOW_SECONDS = 0.25
CHECK_SECONDS = 1.0
OWN_NAME = r"^([a-f0-9]{8})\.execute-api\.(?:localhost|[a-z0-9-]+\.amazonaws\.com)(?::\d+)?$"


def apply_routing(folder: Path, port: int) -> None:
    """Patch the MiniStack modules of this process, which will serve at `port` and has its files in `folder`."""
    from ministack import app
    from ministack.core import responses
    from ministack.services import (
        apigateway,
        apigateway_v1,
        cloudfront,
        cloudfront_keyvaluestore,
        cloudwatch,
        lambda_svc,
        route53,
        tagging,
        waf,
    )

    def names(near: str | None = None) -> Names:
        records = [record for records in route53._records.values() for record in records]
        return Names(records, checks.is_healthy, near)

    def resolve(name: str) -> str | None:
        return next((one.value for one in names().find(name, "A") or () if one.kind == "A"), None)

    checks = HealthChecks(route53, cloudwatch, responses, resolve, port)
    names_in_two_regions(app, apigateway_v1)
    own_names_of_apis(app, apigateway)
    lost_regions_do_not_answer(app, apigateway, apigateway_v1, folder)
    functions_see_the_name_that_was_called(lambda_svc)
    health_checks_keep_lists(route53)
    health_checks_have_a_status(route53, checks)
    edge_patches.distributions_answer_at_their_names(app, cloudfront)
    edge_patches.deleted_distributions_have_no_tags(cloudfront, tagging)
    edge_patches.origins_may_be_names_of_ours(cloudfront, resolve, port)
    edge_patches.functions_read_their_store(cloudfront, cloudfront_keyvaluestore)
    edge_patches.firewalls_have_logs(waf)
    edge_patches.firewalls_count_calls(cloudfront, waf)
    names_and_health_run_beside(app, Listeners(folder, port), checks, names, port)


def names_in_two_regions(app: Any, apigateway_v1: Any) -> None:
    """Send a call of a custom domain to the API of the region that was called.

    In AWS each region has its own endpoint, so a name may be a custom domain in several regions. MiniStack has one
    endpoint, and always serves the first. Here each region has an address, which the connection comes from.
    """
    serve, find = app.app, apigateway_v1.find_domain_scope
    called: ContextVar[str | None] = ContextVar("called_region", default=None)

    async def served(scope: dict[str, Any], receive: Any, send: Any) -> None:
        called.set(addresses().get((scope.get("client") or ("",))[0]))
        await serve(scope, receive, send)

    @wraps(find)
    def find_domain_scope(name: str) -> Any:
        region, first = called.get(), find(name)
        if region is None or first is None:
            return first
        everywhere = (key for key, _ in apigateway_v1._domain_names.all_items())
        return next(
            (key for key in everywhere if key[:2] == (first[0], region) and key[2].lower() == name.lower()), None
        )

    app.app, apigateway_v1.find_domain_scope = served, find_domain_scope


def own_names_of_apis(app: Any, apigateway: Any) -> None:
    """Answer at an API's own name, which names its region, unless the API says that it is off: then 404.

    MiniStack knows `<api>.execute-api.localhost` only, and ignores disableExecuteApiEndpoint.
    """
    app._EXECUTE_API_RE = re.compile(OWN_NAME)
    handle = app._handle_execute_api_request

    @wraps(handle)
    async def handle_execute_api_request(host: str, path: str, *request: Any, **named: Any) -> Any:
        own = app._parse_execute_api_url(host, path)
        scope = own and apigateway.find_api_scope(own[0])
        if scope and apigateway._apis.get_scoped(*scope, own[0]).get("disableExecuteApiEndpoint"):
            return 404, dict(HEADERS), b'{"message":"Not Found"}'
        return await handle(host, path, *request, **named)

    app._handle_execute_api_request = handle_execute_api_request


def lost_regions_do_not_answer(app: Any, apigateway: Any, apigateway_v1: Any, folder: Path) -> None:
    """Answer 503 for the APIs of a region that a drill has taken away, also at the address of MiniStack itself.

    A region that is lost in AWS answers nothing.
    """
    handle = app._handle_execute_api_request

    def region_of(host: str, path: str) -> str | None:
        if own := app._parse_execute_api_url(host, path):
            scope = apigateway.find_api_scope(own[0])
        else:
            scope = apigateway_v1.find_domain_scope(host.split(":")[0])
        return str(scope[1]) if scope else None

    @wraps(handle)
    async def handle_execute_api_request(host: str, path: str, *request: Any, **named: Any) -> Any:
        lost = lost_region(folder)
        if lost and region_of(host, path) == lost:
            return 503, dict(HEADERS), b'{"message":"Service Unavailable"}'
        return await handle(host, path, *request, **named)

    app._handle_execute_api_request = handle_execute_api_request


def functions_see_the_name_that_was_called(lambda_svc: Any) -> None:
    """Give a function the name that was called as `requestContext.domainName`.

    MiniStack always gives it `<api>.execute-api.localhost`.
    """
    execute = lambda_svc._execute_function_with_config_scope

    @wraps(execute)
    def execute_function(function: dict[str, Any], event: Any) -> Any:
        if isinstance(event, dict) and "domainName" in event.get("requestContext", ()) and "host" in event["headers"]:
            name = event["headers"]["host"].split(":")[0]
            event["requestContext"] |= {"domainName": name, "domainPrefix": name.split(".")[0]}
        return execute(function, event)

    lambda_svc._execute_function_with_config_scope = execute_function


def health_checks_keep_lists(route53: Any) -> None:
    """Keep which checks a health check counts, and from which regions it calls.

    MiniStack keeps an empty text for each of them: a check would count nothing, and every plan would change it.
    """
    parse = route53._parse_health_check_config

    @wraps(parse)
    def parse_health_check_config(element: Element) -> Any:
        config = parse(element)
        for name in config.keys() & LISTS.keys():
            config[name] = [one.text for one in route53._findall(route53._find(element, name), LISTS[name])]
        return config

    route53._parse_health_check_config = parse_health_check_config


def health_checks_have_a_status(route53: Any, checks: HealthChecks) -> None:
    """Answer GetHealthCheckStatus, which MiniStack does not know."""
    handle = route53.handle_request

    def answer(name: str) -> Any:
        if name not in route53._health_checks:
            return route53._get_health_check(name)

        def build(root: Element) -> None:
            one = SubElement(SubElement(root, "HealthCheckObservations"), "HealthCheckObservation")
            SubElement(one, "Region").text = "us-east-1"
            SubElement(one, "IPAddress").text = LOOPBACK
            report = SubElement(one, "StatusReport")
            SubElement(report, "Status").text = checks.describe(name)
            SubElement(report, "CheckedTime").text = route53._now_iso()

        return route53._xml_response("GetHealthCheckStatusResponse", build)

    @wraps(handle)
    async def handle_request(method: str, path: str, *request: Any) -> Any:
        asked = re.fullmatch(r".*/healthcheck/([^/]+)/status", path)
        return answer(asked[1]) if asked else await handle(method, path, *request)

    route53.handle_request = handle_request


def names_and_health_run_beside(
    app: Any, listeners: Listeners, checks: HealthChecks, names: Callable[[str | None], Names], port: int
) -> None:
    """Run the regions' listeners, DNS and health checks as long as MiniStack serves, which has none of them."""
    serve = app.app

    async def served(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await serve(scope, receive, send)
            return
        await listeners.open()
        try:
            await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: Server(names), local_addr=(LOOPBACK, port)
            )
        except OSError as error:
            logging.getLogger("meridian").warning("No DNS at UDP port %d: %s", port, error)
        beside = [
            asyncio.create_task(_repeat(FOLLOW_SECONDS, listeners.follow)),
            asyncio.create_task(_repeat(CHECK_SECONDS, checks.run_due)),
        ]
        try:
            await serve(scope, receive, send)
        finally:
            for task in beside:
                task.cancel()

    app.app = served


async def _repeat(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        # As a task of its own, a failure is logged, and does not end the repetition.
        await asyncio.wait({asyncio.ensure_future(work())})
        await asyncio.sleep(seconds)
