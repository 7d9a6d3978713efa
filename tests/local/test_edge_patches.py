"""Distributions and firewalls on a running local AWS: with the patches as on AWS, without them not."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from meridian.local.edge_patches import firewalls_count_calls
from meridian.local.regions import address
from meridian.local.resolver import look_up
from meridian.targets import Target
from tests.local.conftest import ACCOUNT, as_role, node_package
from tests.local.test_routing_patches import US, call, make_api, port_of

CODE = b"""import cf from "cloudfront";
const store = cf.kvs();
async function handler(event) {
  event.request.headers["x-edge-secret"] = { value: await store.get("secret") };
  return event.request;
}
"""
ECHO = """export const handler = async ({ headers }) => ({ statusCode: 200, body: JSON.stringify([headers]) });"""


def put_value(target: Target, store: str, value: str) -> int:
    """Store a value in a key value store; boto3 signs these calls with a library that we do not have."""
    url = f"{target.endpoint}/key-value-stores/{quote(store, safe=':/')}"
    signer = SigV4Auth(target.session.get_credentials(), "cloudfront-keyvaluestore", US)

    def send(method: str, at: str, headers: Mapping[str, str], body: str = "") -> requests.Response:
        request = AWSRequest(method, at, data=body, headers={"Content-Type": "application/json", **headers})
        signer.add_auth(request)
        return requests.request(method, at, data=body, headers=dict(request.headers), timeout=10)

    etag = send("GET", url, {}).headers["ETag"]
    return send("PUT", f"{url}/keys/secret", {"If-Match": etag}, f'{{"Value": "{value}"}}').status_code


def make_edge(target: Target, origin: str, *, limit: int = 1000) -> tuple[str, str]:
    """Make a distribution before a name, with a function, a store and a firewall; return its name and the store."""
    name, edge = f"{uuid4()}.example.com", target.client("cloudfront", US)
    store = edge.create_key_value_store(Name=f"store-{uuid4()}")["KeyValueStore"]["ARN"]
    config = {
        "Comment": "",
        "Runtime": "cloudfront-js-2.0",
        "KeyValueStoreAssociations": {"Quantity": 1, "Items": [{"KeyValueStoreARN": store}]},
    }
    function = edge.create_function(Name=f"function-{uuid4()}", FunctionConfig=config, FunctionCode=CODE)
    edge.publish_function(Name=function["FunctionSummary"]["Name"], IfMatch=function["ETag"])
    arn = function["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    more = {
        "Enabled": True,
        "Aliases": {"Quantity": 1, "Items": [name]},
        "WebACLId": make_firewall(target, "CLOUDFRONT", limit),
    }
    associations = {"Quantity": 1, "Items": [{"EventType": "viewer-request", "FunctionARN": arn}]}
    edge.create_distribution(DistributionConfig=configure(origin, associations, **more))
    return name, store


def configure(origin: str, associations: Mapping[str, Any], **more: Any) -> Any:
    """Return the settings of a distribution before a name."""
    address = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    return {
        "CallerReference": str(uuid4()),
        "Comment": "",
        "Origins": {
            "Quantity": 1,
            "Items": [{"Id": "regions", "DomainName": origin, "CustomOriginConfig": address}],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "regions",
            "ViewerProtocolPolicy": "https-only",
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
            "FunctionAssociations": associations,
        },
        **more,
    }


def make_firewall(target: Target, scope: str, limit: int = 1000, *, name: str = "") -> str:
    """Make a firewall with a rate rule; return its ARN."""
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "rate"}
    rate = {"Limit": limit, "AggregateKeyType": "IP", "EvaluationWindowSec": 60}
    rule = {"Name": "rate", "Priority": 0, "Statement": {"RateBasedStatement": rate}, "VisibilityConfig": seen}
    made = target.client("wafv2", US).create_web_acl(
        Name=name or f"acl-{uuid4()}",
        Scope=scope,
        DefaultAction={"Allow": {}},
        VisibilityConfig=seen,
        Rules=[{**rule, "Action": {"Block": {"CustomResponse": {"ResponseCode": 429}}}}],
    )
    return str(made["Summary"]["ARN"])


def make_origin(target: Target) -> str:
    """Make an API in one region that answers with the headers of a call, and a name in Route 53; return the name."""
    name = f"{uuid4()}.example.com"
    function = f"api-{uuid4()}"
    api = make_api(target, US, name)
    as_role(target, function)
    functions = target.client("lambda", US)
    integration = target.client("apigatewayv2", US).get_integrations(ApiId=api)["Items"][0]["IntegrationUri"]
    functions.update_function_code(FunctionName=integration.split(":")[-1].split("/")[0], ZipFile=node_package(ECHO))
    dns = target.client("route53", US)
    zone = dns.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
    record = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address(US)}]}
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return name


def headers_of(target: Target, name: str) -> tuple[int, Any]:
    """Call a name; return the status, and the headers that reached the API."""
    status, body = call(target, "127.0.0.1", name)
    return status, body[0] if body else None


def test_a_call_through_a_distribution_reaches_the_api_with_the_stored_value(patched: Target) -> None:
    """The value counts at once, and without one nothing passes: 503."""
    origin = make_origin(patched)
    name, store = make_edge(patched, origin)
    assert headers_of(patched, name)[0] == 503
    for value in ("first", "second"):
        assert put_value(patched, store, value) == 200
        status, headers = headers_of(patched, name)
        assert (status, headers["x-edge-secret"], headers["host"]) == (200, value, origin)


def test_without_the_patches_a_distribution_has_no_name(plain: Target) -> None:
    name, _ = make_edge(plain, make_origin(plain))
    assert call(plain, "127.0.0.1", name)[0] == 404


def test_a_deleted_distribution_is_not_listed_by_its_tags(patched: Target, plain: Target) -> None:
    found = {}
    for kind, target in (("patched", patched), ("plain", plain)):
        edge, tagging = target.client("cloudfront", US), target.client("resourcegroupstaggingapi", US)
        tag = {"Key": "Made", "Value": str(uuid4())}
        config = {"DistributionConfig": configure("example.com", {"Quantity": 0}, Enabled=False)}
        wanted = {"DistributionConfigWithTags": config | {"Tags": {"Items": [tag]}}}
        made = edge.create_distribution_with_tags(**wanted)
        filters = [{"Key": tag["Key"], "Values": [tag["Value"]]}]
        numbers = [len(tagging.get_resources(TagFilters=filters)["ResourceTagMappingList"])]
        edge.delete_distribution(Id=made["Distribution"]["Id"], IfMatch=made["ETag"])
        numbers.append(len(tagging.get_resources(TagFilters=filters)["ResourceTagMappingList"]))
        found[kind] = numbers
    assert found == {"patched": [1, 0], "plain": [1, 1]}


def test_an_alias_of_a_distribution_has_an_address(patched: Target) -> None:
    domain = patched.client("cloudfront", US).list_distributions()["DistributionList"]["Items"][0]["DomainName"]
    assert look_up(domain, port_of(patched)) == "127.0.0.1"


def test_what_exceeds_the_rate_is_blocked(patched: Target) -> None:
    name, store = make_edge(patched, make_origin(patched), limit=10)
    put_value(patched, store, "value")
    assert [call(patched, "127.0.0.1", name)[0] for _ in range(12)] == [200] * 10 + [429] * 2


class Waf:
    """One firewall with a limit of two calls in a minute."""

    def _resolve_local_web_acl(self, arn: str) -> Any:
        rate = {"Limit": 2, "EvaluationWindowSec": 60}
        rule = {"Name": "rate", "Statement": {"RateBasedStatement": rate}, "Action": {"Block": {}}}
        return {"ARN": arn, "Rules": [{"Name": "managed", "Statement": {}}, rule]}, None


class CloudFront:
    """A distribution that answers 200."""

    _ERROR_X_CACHE = ""

    def _text(self, config: str, _: str) -> str:
        return config

    def _dist_config_el(self, dist: str) -> str:
        return dist

    def _cf_error_response(self, status: int, *_: str) -> tuple[int, dict[str, str], bytes]:
        return status, {}, b""

    async def handle_viewer_request(self, *_: Any) -> tuple[int, dict[str, str], bytes]:
        """Answer."""
        return 200, {}, b""


def test_an_address_may_call_again_when_its_calls_are_old() -> None:
    """Each address is counted on its own; without a firewall nothing is."""
    edge, clock = CloudFront(), [0.0]
    firewalls_count_calls(edge, Waf(), lambda: clock[0])

    def status(client: str, firewall: str = "acl") -> int:
        answer = edge.handle_viewer_request(firewall, "GET", "/", "/", "", {}, b"", {}, client)
        return asyncio.run(answer)[0]

    assert [status("a") for _ in range(3)] == [200, 200, 403]
    assert status("b") == 200
    assert status("a", "") == 200
    clock[0] = 60.0
    assert status("a") == 200


def test_a_firewall_keeps_where_it_logs_to(patched: Target, plain: Target) -> None:
    """MiniStack does not know the action."""
    waf, arn = patched.client("wafv2", US), make_firewall(patched, "REGIONAL")
    with pytest.raises(ClientError, match="WAFNonexistentItemException"):
        waf.get_logging_configuration(ResourceArn=arn)
    wanted = {
        "ResourceArn": arn,
        "LogDestinationConfigs": [f"arn:aws:logs:{US}:{ACCOUNT}:log-group:aws-waf-logs-a"],
        "RedactedFields": [{"SingleHeader": {"Name": "authorization"}}],
    }
    assert waf.put_logging_configuration(LoggingConfiguration=wanted)["LoggingConfiguration"] == wanted
    assert waf.get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"] == wanted
    waf.delete_logging_configuration(ResourceArn=arn)
    with pytest.raises(ClientError, match="WAFNonexistentItemException"):
        waf.get_logging_configuration(ResourceArn=arn)
    with pytest.raises(ClientError, match="InvalidAction"):
        plain.client("wafv2", US).put_logging_configuration(
            LoggingConfiguration=wanted | {"ResourceArn": make_firewall(plain, "REGIONAL")}
        )
