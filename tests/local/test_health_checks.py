"""Health checks: when an endpoint counts as sick, what an alarm's data says, and how checks count other checks."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from meridian.local import health_checks
from meridian.local.health_checks import Endpoint, HealthChecks, call
from meridian.local.regions import address


@pytest.mark.parametrize(
    ("threshold", "results", "wanted"),
    [
        (3, "", True),
        (3, "--", True),
        (3, "---", False),
        (3, "--+--", True),
        (3, "---++", False),
        (3, "---+++", True),
        (3, "---++-++", False),
        (1, "-", False),
        (1, "-+", True),
    ],
)
def test_an_endpoint_changes_after_so_many_results_in_a_row(threshold: int, results: str, wanted: bool) -> None:
    """A new one is healthy."""
    endpoint = Endpoint()
    for one in results:
        endpoint.note(one == "+", "seen", threshold)
    assert endpoint.healthy is wanted


ALARM: dict[str, Any] = {
    "MetricName": "Out",
    "Namespace": "Tests",
    "Statistic": "Maximum",
    "ExtendedStatistic": "",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


class Cloudwatch:
    """The parts of MiniStack's CloudWatch that a check reads, with one metric and one alarm in a region."""

    def __init__(self, region: Callable[[], str], missing: str) -> None:
        self.points: list[dict[str, float]] = []
        self._metrics = SimpleNamespace(get=lambda key: self.points)
        alarms = {"out": ALARM | {"TreatMissingData": missing}}
        self._alarms = SimpleNamespace(get=lambda name: alarms.get(name) if region() == "eu-west-1" else None)
        self.reported: list[tuple[str, Any]] = []

    def _dims_key(self, dimensions: Any) -> str:
        return str(dimensions)

    _dims_from_list = dict

    def _calc_stats(self, points: list[dict[str, float]]) -> float:
        return max(one["Value"] for one in points)

    def _stat_value(self, stats: float, statistic: str, points: Any) -> float:
        return stats

    def record_metric(self, namespace: str, name: str, value: float, unit: str, on: dict[str, str]) -> None:
        """Keep what is reported."""
        self.reported.append((on["HealthCheckId"], value))


class Stand:
    """Health checks over a few configurations, without a server."""

    def __init__(self, missing: str = "missing", **configs: dict[str, Any]) -> None:
        self.region = "us-east-1"
        self.cloudwatch = Cloudwatch(lambda: self.region, missing)
        route53 = SimpleNamespace(_health_checks={name: {"config": config} for name, config in configs.items()})
        responses = SimpleNamespace(request_scope=self.scope, get_account_id=lambda: "100000000001")
        self.addresses: dict[str, str] = {}
        self.checks = HealthChecks(route53, self.cloudwatch, responses, self.addresses.get, 20000)

    @contextlib.contextmanager
    def scope(self, account: str, region: str) -> Iterator[None]:
        """Enter a region, as MiniStack does."""
        before, self.region = self.region, region
        yield
        self.region = before


ON, OFF = {"Type": "HTTPS", "Disabled": True}, {"Type": "HTTPS", "Disabled": True, "Inverted": True}


@pytest.mark.parametrize(("config", "wanted"), [(ON, True), (OFF, False), ({"Type": "TCP"}, True)])
def test_a_check_that_does_not_run_is_healthy_unless_it_is_inverted(config: dict[str, Any], wanted: bool) -> None:
    assert Stand(one=config).checks.is_healthy("one") is wanted


def test_a_check_that_is_gone_takes_nothing_away() -> None:
    assert Stand().checks.is_healthy("gone")


@pytest.mark.parametrize(("threshold", "wanted"), [(0, True), (1, True), (2, False)])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_calculated_check_counts_its_children(threshold: int, wanted: bool, inverted: bool) -> None:
    """An inverted child counts as it is shown."""
    both = {"Type": "CALCULATED", "ChildHealthChecks": ["on", "off"], "HealthThreshold": threshold}
    checks = Stand(on=ON, off=OFF, both=both | {"Inverted": inverted}).checks
    assert checks.is_healthy("both") is not (wanted is inverted)


def followed(rule: str) -> dict[str, Any]:
    """Return a check that follows the alarm."""
    alarm = {"Name": "out", "Region": "eu-west-1"}
    return {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": alarm, "InsufficientDataHealthStatus": rule}


def test_a_check_follows_the_data_of_its_alarm() -> None:
    """Not the state of the alarm, which a person can set."""
    stand = Stand(one=followed("Healthy"))
    for value, wanted in ((0, True), (1, False)):
        stand.cloudwatch.points.append({"Timestamp": time.time() - 1, "Value": value})
        assert stand.checks.is_healthy("one") is wanted


@pytest.mark.parametrize(
    ("rule", "missing", "before", "wanted"),
    [
        ("Healthy", "missing", 1, True),
        ("Unhealthy", "missing", 0, False),
        ("LastKnownStatus", "missing", 1, False),
        ("LastKnownStatus", "missing", 0, True),
        ("LastKnownStatus", "missing", None, True),
        ("Unhealthy", "notBreaching", 1, True),
        ("Healthy", "breaching", 0, False),
    ],
)
def test_a_check_without_data_is_what_it_says(rule: str, missing: str, before: int | None, wanted: bool) -> None:
    """Unless the alarm itself says what missing data means."""
    stand = Stand(missing, one=followed(rule))
    if before is not None:
        stand.cloudwatch.points.append({"Timestamp": time.time() - 1, "Value": before})
        stand.checks.is_healthy("one")
    stand.cloudwatch.points.clear()
    assert stand.checks.is_healthy("one") is wanted


def test_a_check_of_an_alarm_that_is_gone_has_no_data() -> None:
    gone = followed("Unhealthy") | {"AlarmIdentifier": {"Name": "gone", "Region": "eu-west-1"}}
    assert not Stand(one=gone).checks.is_healthy("one")


def test_endpoints_are_called_at_their_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disabled ones never, nor what is not on this machine; a name without an address is a failure."""
    calls = []

    async def note(place: str, port: int, host: str, path: str) -> tuple[bool, str]:
        calls.append((place, port, host, path))
        return False, "HTTP Status Code 500"

    clock = iter((100.0, 105.0, 111.0))
    monkeypatch.setattr(health_checks, "call", note)
    monkeypatch.setattr(health_checks, "time", SimpleNamespace(monotonic=lambda: next(clock), time=time.time))
    wanted = {"Type": "HTTPS", "FullyQualifiedDomainName": "eu.example.com", "ResourcePath": "/status"}
    stand = Stand(
        one=wanted | {"RequestInterval": 10, "FailureThreshold": 2},
        nowhere={"Type": "HTTP", "FullyQualifiedDomainName": "nowhere.example.com", "FailureThreshold": 1},
        away={"Type": "HTTP", "FullyQualifiedDomainName": "away.example.com", "FailureThreshold": 1},
        off=wanted | {"Disabled": True},
    )
    stand.addresses |= {"eu.example.com": address("eu-west-1"), "away.example.com": "192.0.2.1"}
    for _ in range(3):
        asyncio.run(stand.checks.run_due())
    assert calls == [(address("eu-west-1"), 20000, "eu.example.com", "/status")] * 2
    names = ("one", "nowhere", "away", "off")
    assert [stand.checks.is_healthy(name) for name in names] == [False, False, False, True]
    assert stand.checks.describe("one") == "Failure: HTTP Status Code 500"
    assert stand.checks.describe("nowhere") == "Failure: DNS resolution of nowhere.example.com failed"
    assert stand.checks.describe("away").startswith("Failure: 192.0.2.1 is no region of the local AWS")
    reported = [("one", True), ("nowhere", False), ("away", False), ("off", True)]
    assert stand.cloudwatch.reported == reported, "once in 20 seconds"


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (b"HTTP/1.1 200 \r\n\r\n", (True, "HTTP Status Code 200")),
        (b"HTTP/1.1 302 Found\r\n\r\n", (True, "HTTP Status Code 302, Found")),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", (False, "HTTP Status Code 503, Service Unavailable")),
        (b"hello\r\n", (False, "the answer is not HTTP")),
        (b"HTTP/1.1 two\r\n", (False, "the answer is not HTTP")),
        (b"", (False, "the answer is not HTTP")),
        (None, (False, "no answer within 0 s")),
    ],
)
def test_an_endpoint_has_to_answer_well_and_in_time(
    monkeypatch: pytest.MonkeyPatch, answer: bytes | None, wanted: tuple[bool, str]
) -> None:
    monkeypatch.setattr(health_checks, "CALL_SECONDS", 0.3)
    heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        if answer is not None:
            writer.write(answer)
            writer.close()

    async def run() -> tuple[bool, str]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        return await call("127.0.0.1", server.sockets[0].getsockname()[1], "eu.example.com", "/status")

    assert asyncio.run(run()) == wanted
    assert heard[0].startswith(b"GET /status HTTP/1.1\r\nHost: eu.example.com\r\n")


def test_an_endpoint_that_refuses_has_failed() -> None:
    ok, seen = asyncio.run(call("127.0.0.1", 1, "eu.example.com", "/status"))
    assert not ok
    assert seen.startswith("the connection failed: ")
