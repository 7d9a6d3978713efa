"""Names, regions and health on a running local AWS: with the patches as on AWS, without them not."""

import http.client
import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from meridian.local import child, ports
from meridian.local.lost import FILE, take_away
from meridian.local.regions import address
from meridian.local.resolver import look_up
from meridian.paths import state_dir
from meridian.targets import Target
from tests.local.conftest import ACCOUNT, as_role, node_package
from tests.local.test_patches import get

EU, US = "eu-west-1", "us-east-1"
CODE = """export const handler = async ({ requestContext }) => ({
  statusCode: 200, body: JSON.stringify([process.env.AWS_REGION, requestContext.domainName]) });"""


def make_api(target: Target, region: str, *names: str, own_address: bool = True) -> str:
    """Make an API in a region that answers with its region and the called name, with custom domains; return its id."""
    function = f"api-{uuid4()}"
    as_role(target, function)
    functions, api = target.client("lambda", region), target.client("apigatewayv2", region)
    arn = functions.create_function(
        FunctionName=function,
        Role=f"arn:aws:iam::{ACCOUNT}:role/{function}",
        Runtime="nodejs22.x",
        Handler="index.handler",
        Code={"ZipFile": node_package(CODE)},
    )["FunctionArn"]
    made = api.create_api(Name="api", ProtocolType="HTTP", DisableExecuteApiEndpoint=not own_address)["ApiId"]
    source = f"arn:aws:execute-api:{region}:{ACCOUNT}:{made}/*"
    permission = {"Principal": "apigateway.amazonaws.com", "Action": "lambda:InvokeFunction", "SourceArn": source}
    functions.add_permission(FunctionName=function, StatementId="api", **permission)
    uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    integration = api.create_integration(
        ApiId=made, IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    api.create_route(ApiId=made, RouteKey="$default", Target=f"integrations/{integration}")
    api.create_stage(ApiId=made, StageName="$default", AutoDeploy=True)
    for name in names:
        api.create_domain_name(DomainName=name, DomainNameConfigurations=[{"EndpointType": "REGIONAL"}])
        api.create_api_mapping(ApiId=made, DomainName=name, Stage="$default")
    return str(made)


def port_of(target: Target) -> int:
    """Return the port of a local AWS."""
    return urlsplit(str(target.endpoint)).port or 0


def call(target: Target, place: str, host: str, path: str = "/status") -> tuple[int, Any]:
    """Call a name at an address of this machine; return the status, and what the API answered."""
    connection = http.client.HTTPConnection(place, port_of(target), timeout=10)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    body = answer.read()
    return answer.status, json.loads(body) if body.startswith((b"[", b"{")) else None


@pytest.fixture(scope="module")
def shared(patched: Target) -> str:
    """Return a name that is a custom domain in two regions."""
    name = f"{uuid4()}.example.com"
    for region in (US, EU):
        make_api(patched, region, name)
    return name


def test_a_name_in_two_regions_reaches_the_one_that_was_called(patched: Target, plain: Target, shared: str) -> None:
    """The function sees the name, not the API's own address."""
    for region in (US, EU):
        assert call(patched, address(region), shared) == (200, [region, shared])
    name = f"{uuid4()}.example.com"
    for region in (US, EU):
        make_api(plain, region, name)
    regions, names = zip(*(call(plain, "127.0.0.1", name)[1] for _ in range(2)), strict=True)
    assert set(regions) == {US}, "MiniStack serves the first"
    assert name not in names


def test_a_region_without_the_name_does_not_answer_it(patched: Target) -> None:
    name = f"{uuid4()}.example.com"
    make_api(patched, EU, name)
    assert call(patched, address(EU), name)[0] == 200
    assert call(patched, address(US), name)[0] >= 400


def test_an_api_answers_at_its_own_name_unless_that_is_off(patched: Target, plain: Target) -> None:
    """MiniStack answers in both cases, and does not know the name that AWS gives an API."""
    for target, statuses in ((patched, {False: 404, True: 200}), (plain, {False: 200, True: 200})):
        for own_address, status in statuses.items():
            api = make_api(target, EU, own_address=own_address)
            for path in ("/", "/greet", "/$default/greet"):
                assert get(target, api, path)[0] == status, (own_address, path)
    assert get(patched, make_api(patched, EU, own_address=False), "/")[1] == '{"message":"Not Found"}'
    name = f"{make_api(patched, EU)}.execute-api.{EU}.amazonaws.com"
    assert call(patched, address(EU), name) == (200, [EU, name])


def test_an_api_whose_own_name_is_off_answers_at_its_custom_domain(patched: Target) -> None:
    name = f"{uuid4()}.example.com"
    make_api(patched, EU, name, own_address=False)
    assert call(patched, address(EU), name)[0] == 200


def within(seconds: float, wanted: Callable[[], bool]) -> bool:
    """Return whether something comes true in time."""
    until = time.monotonic() + seconds
    while not wanted():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def refuses(target: Target, region: str) -> bool:
    """Return whether a region's address refuses connections."""
    try:
        http.client.HTTPConnection(address(region), port_of(target), timeout=5).connect()
    except ConnectionRefusedError:
        return True
    return False


def is_cut(connection: http.client.HTTPConnection) -> bool:
    """Return whether a connection that was open has ended."""
    assert connection.sock is not None
    try:
        return connection.sock.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_region_that_is_taken_away_refuses_and_comes_back(start: Callable[..., Target], tmp_path: Path) -> None:
    """Its APIs answer nowhere, those of the others go on, and a damaged file takes nothing away."""
    target = start()
    folder = state_dir(target.root, "dev")
    own = {region: f"{make_api(target, region)}.execute-api.localhost" for region in (US, EU)}
    open_ = http.client.HTTPConnection(address(EU), port_of(target), timeout=5)
    open_.connect()
    with take_away(folder, EU):
        assert within(1, lambda: refuses(target, EU))
        assert is_cut(open_)
        assert not refuses(target, US)
        assert call(target, "127.0.0.1", own[EU]) == (503, {"message": "Service Unavailable"})
        assert call(target, "127.0.0.1", own[US])[0] == 200
        (folder / FILE).write_text("{")
        assert within(1, lambda: not refuses(target, EU))
    assert call(target, "127.0.0.1", own[EU])[0] == 200


def test_names_are_answered_from_the_records(patched: Target, plain: Target) -> None:
    """A resolver in a region is told the nearest record; MiniStack answers nothing."""
    for target, wanted in ((patched, [address(US), address(EU), address(EU)]), (plain, [None] * 3)):
        name = f"{uuid4()}.example.com"
        route53 = target.client("route53")
        zone = route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
        changes = [
            {
                "Action": "CREATE",
                "ResourceRecordSet": {
                    "Name": name,
                    "Type": "A",
                    "SetIdentifier": region,
                    "Region": region,
                    "AliasTarget": {
                        "HostedZoneId": "Z1UJRXOUMOOFQ8",
                        "DNSName": f"d-a1.execute-api.{region}.amazonaws.com",
                        "EvaluateTargetHealth": True,
                    },
                },
            }
            for region in (US, EU)
        ]
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
        nearby = [address(US), address(EU), "127.0.0.1"]
        assert [look_up(name, port_of(target), near) for near in nearby] == wanted
        assert look_up(f"no.{name}", port_of(target)) is None


def test_a_port_that_another_program_uses_for_udp_costs_the_names_only(
    start: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "choose_port", lambda _: port)
        target = start()
    assert f"No DNS at UDP port {port}: " in (state_dir(target.root, "dev") / child.LOG).read_text()
    assert get(target, make_api(target, EU), "/")[0] == 200


def make_check(target: Target, **config: Any) -> str:
    """Make a health check and return its id."""
    made = target.client("route53").create_health_check(CallerReference=str(uuid4()), HealthCheckConfig=config)
    return str(made["HealthCheck"]["Id"])


def status(target: Target, check: str) -> str:
    """Return what a health checker reports."""
    (one,) = target.client("route53").get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
    return str(one["StatusReport"]["Status"])


def test_a_health_check_keeps_its_lists(patched: Target, plain: Target) -> None:
    """Otherwise every plan after an apply would change it."""
    regions, children = [US, EU, "us-west-2"], ["one", "two"]
    for target, wanted in ((patched, (regions, children)), (plain, ([""] * 3, [""] * 2))):
        calling = make_check(target, Type="HTTPS", FullyQualifiedDomainName="a.example.com", Regions=regions)
        counting = make_check(target, Type="CALCULATED", ChildHealthChecks=children, HealthThreshold=1)
        found = [
            target.client("route53").get_health_check(HealthCheckId=one)["HealthCheck"]["HealthCheckConfig"]
            for one in (calling, counting)
        ]
        assert (found[0]["Regions"], found[1]["ChildHealthChecks"]) == wanted


NOT_YET = "Success: not called yet"


def test_a_health_check_calls_its_endpoint(patched: Target, plain: Target) -> None:
    """Its state is a metric in us-east-1; MiniStack never calls, and does not know the state."""
    name = f"{make_api(patched, EU)}.execute-api.{EU}.amazonaws.com"
    wanted = {"Type": "HTTPS", "Port": 443, "ResourcePath": "/status", "RequestInterval": 10, "FailureThreshold": 1}
    well = make_check(patched, FullyQualifiedDomainName=name, **wanted)
    sick = make_check(patched, FullyQualifiedDomainName=name.replace(EU, "eu-nowhere-1"), **wanted)
    assert within(5, lambda: status(patched, well) != NOT_YET != status(patched, sick))
    assert status(patched, well) == "Success: HTTP Status Code 200, OK"
    assert status(patched, sick).startswith("Failure: DNS resolution of ")
    both = make_check(patched, Type="CALCULATED", ChildHealthChecks=[well, sick], HealthThreshold=2)
    assert status(patched, both) == "Failure: the check is unhealthy"
    assert within(25, lambda: [reported(patched, one) for one in (well, sick, both)] == [1.0, 0.0, 0.0])
    with pytest.raises(ClientError, match="InvalidInput"):
        status(plain, make_check(plain, FullyQualifiedDomainName=name, **wanted))
    with pytest.raises(ClientError, match="NoSuchHealthCheck"):
        status(patched, "gone")


def reported(target: Target, check: str) -> float | None:
    """Return the latest value of a check's metric."""
    now = datetime.now(UTC)
    points = target.client("cloudwatch", US).get_metric_statistics(
        Namespace="AWS/Route53",
        MetricName="HealthCheckStatus",
        Dimensions=[{"Name": "HealthCheckId", "Value": check}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Minimum"],
    )["Datapoints"]
    return points[-1]["Minimum"] if points else None


def test_a_health_check_follows_the_data_of_an_alarm(patched: Target) -> None:
    """And not its state, which a person can set."""
    alarms = patched.client("cloudwatch", EU)
    alarm = f"out-{uuid4()}"
    alarms.put_metric_alarm(
        AlarmName=alarm,
        Namespace=alarm,
        MetricName="OutOfService",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    follow = {"AlarmIdentifier": {"Name": alarm, "Region": EU}, "InsufficientDataHealthStatus": "Healthy"}
    check = make_check(patched, Type="CLOUDWATCH_METRIC", **follow)
    alarms.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
    assert status(patched, check) == "Success: the check is healthy"
    alarms.put_metric_data(Namespace=alarm, MetricData=[{"MetricName": "OutOfService", "Value": 1}])
    assert status(patched, check) == "Failure: the check is unhealthy"
