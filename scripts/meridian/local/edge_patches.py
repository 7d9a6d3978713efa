"""What AWS does with distributions and firewalls and MiniStack does not: names, origins with names, values, logs."""

import json
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

IMPORT = re.compile(rb"""^import cf from ["']cloudfront["'];?$""", re.MULTILINE)
STORE = """const cf = { kvs: () => ({ get: async (key) => {
  const values = %s;
  if (!Object.hasOwn(values, key)) throw new Error("KeyNotFound");
  return values[key];
} }) };"""


def distributions_answer_at_their_names(app: Any, cloudfront: Any) -> None:
    """Serve a distribution at its alternate names, and treat calls from this machine as made over TLS.

    MiniStack knows `<label>.cloudfront.net` only, and looks for a bucket of the name.
    """
    serve = app._handle_cloudfront_dataplane_request

    @wraps(serve)
    async def handle(host: str, path: str, raw: str, query: str, method: str, headers: Any, *rest: Any) -> Any:
        name = host.split(":")[0].lower()
        named = (one for one in cloudfront._distributions.values() if name in cloudfront._get_distribution_aliases(one))
        found = next((str(one["DomainName"]) for one in named), host)
        return await serve(found, path, raw, query, method, {"x-forwarded-proto": "https", **headers}, *rest)

    app._handle_cloudfront_dataplane_request = handle


def deleted_distributions_have_no_tags(cloudfront: Any, tagging: Any) -> None:
    """List only distributions that exist among the resources that have certain tags; MiniStack keeps the tags.

    `meridian audit` takes what is listed for a resource that no state knows.
    """
    collect = tagging._COLLECTORS["cloudfront"]
    tagging._COLLECTORS["cloudfront"] = lambda: (
        (arn, tags)
        for arn, tags in collect()
        if ":distribution/" not in arn or arn.rpartition("/")[2] in cloudfront._distributions
    )


def origins_may_be_names_of_ours(cloudfront: Any, resolve: Callable[[str], str | None], port: int) -> None:
    """Call an origin that has a record in Route 53 at the address of its region; MiniStack asks the DNS outside."""
    connect = cloudfront._origin_connect_target

    @wraps(connect)
    def origin_connect_target(origin: Mapping[str, Any], viewer_is_https: bool) -> Any:
        address = resolve(origin["domain_name"])
        return (address, port, False) if address else connect(origin, viewer_is_https)

    cloudfront._origin_connect_target = origin_connect_target


def functions_read_their_store(cloudfront: Any, values: Any) -> None:
    """Give a CloudFront function the module `cloudfront` with the values of its key value store.

    MiniStack keeps the values, and its functions cannot import the module that reads them.
    """
    read = cloudfront.live_function_code

    @wraps(read)
    def live_function_code(arn: str) -> bytes | None:
        code: bytes | None = read(arn)
        if code is None:
            return None
        stores = cloudfront._function_view(cloudfront._functions[arn.rsplit("/", 1)[-1]], "LIVE").get("kvs_arns", [])
        held = {
            key: value for store in stores for key, value in values._stores.get(store, {"items": {}})["items"].items()
        }
        module = (STORE % json.dumps(held)).encode()
        return IMPORT.sub(lambda _: module, code)

    cloudfront.live_function_code = live_function_code


def firewalls_have_logs(waf: Any) -> None:
    """Keep where a firewall logs to, and what it redacts; MiniStack does not know the actions."""
    handle = waf.handle_request

    def answer(action: str, request: Mapping[str, Any]) -> Any:
        wanted = request.get("LoggingConfiguration", request)
        acl, wrong = waf._resolve_local_web_acl(wanted.get("ResourceArn", ""))
        if wrong:
            return wrong
        if action == "PutLoggingConfiguration":
            acl["Logging"] = wanted
        elif "Logging" not in acl:
            return waf._waf_err("WAFNonexistentItemException", "The firewall has no log.")
        elif action == "DeleteLoggingConfiguration":
            del acl["Logging"]
            return waf.json_response({})
        return waf.json_response({"LoggingConfiguration": acl["Logging"]})

    @wraps(handle)
    async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action.endswith("LoggingConfiguration"):
            return answer(action, json.loads(body))
        return await handle(method, path, headers, body, query)

    waf.handle_request = handle_request


def firewalls_count_calls(cloudfront: Any, waf: Any, now: Callable[[], float] = time.monotonic) -> None:
    """Block what exceeds the rate rule of a distribution's firewall, by the address that calls.

    MiniStack enforces no rule. AWS counts within seconds, not at once; managed rules stay without effect here.
    """
    serve = cloudfront.handle_viewer_request
    calls: dict[tuple[str, str], deque[float]] = {}

    def blocked(acl: Mapping[str, Any], client: str) -> int | None:
        for rule in acl["Rules"]:
            if limit := rule["Statement"].get("RateBasedStatement"):
                seen = calls.setdefault((f"{acl['ARN']} {rule['Name']}", client), deque())
                seen.append(now())
                while seen[0] <= seen[-1] - limit["EvaluationWindowSec"]:
                    seen.popleft()
                if len(seen) > limit["Limit"]:
                    return int(rule["Action"]["Block"].get("CustomResponse", {}).get("ResponseCode", 403))
        return None

    @wraps(serve)
    async def handle_viewer_request(dist: Any, *request: Any) -> Any:
        firewall = cloudfront._text(cloudfront._dist_config_el(dist), "WebACLId")
        acl = waf._resolve_local_web_acl(firewall)[0] if firewall else None
        if acl and (status := blocked(acl, str(request[-1]))):
            return cloudfront._cf_error_response(status, "Request blocked.", cloudfront._ERROR_X_CACHE)
        return await serve(dist, *request)

    cloudfront.handle_viewer_request = handle_viewer_request
