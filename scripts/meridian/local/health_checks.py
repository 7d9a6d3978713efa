"""The health checks of Route 53: calls endpoints, follows alarms, counts other checks."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from meridian.local.alarm_patches import judge
from meridian.local.regions import addresses

ENDPOINTS = ("HTTP", "HTTPS")
CALL_SECONDS = 6.0
"""So long Route 53 waits: 4 s for the connection, 2 s for the status."""
REPORT_SECONDS = 20.0
"""So often the status becomes a metric; AWS does it once a minute."""
BY_DATA = {"Healthy": True, "Unhealthy": False}


@dataclass
class Endpoint:
    """What is known about one endpoint: healthy until it fails as often in a row as its check says, and back."""

    healthy: bool = True
    contrary: int = 0
    """How many results in a row speak against `healthy`."""
    due: float = 0.0
    seen: str = "Success: not called yet"

    def note(self, ok: bool, seen: str, threshold: int) -> None:
        """Take in the result of one call."""
        self.seen = f"{'Success' if ok else 'Failure'}: {seen}"
        self.contrary = 0 if ok == self.healthy else self.contrary + 1
        if self.contrary >= threshold:
            self.healthy, self.contrary = ok, 0


class HealthChecks:
    """The state of every health check that MiniStack keeps; `resolve` returns the address of a name."""

    def __init__(
        self, route53: Any, cloudwatch: Any, responses: Any, resolve: Callable[[str], str | None], port: int
    ) -> None:
        self._route53, self._cloudwatch, self._responses = route53, cloudwatch, responses
        self._resolve, self._port = resolve, port
        self._endpoints: dict[str, Endpoint] = {}
        self._followed: dict[str, bool] = {}
        self._report_due = 0.0

    def is_healthy(self, check_id: str) -> bool:
        """Return whether Route 53 counts a health check as healthy; one that is gone takes nothing away."""
        check = self._route53._health_checks.get(check_id)
        if check is None:
            return True
        config = check["config"]
        return self._is_well(check_id, config) != bool(config.get("Inverted"))

    def _is_well(self, check_id: str, config: Mapping[str, Any]) -> bool:
        if config.get("Disabled"):
            return True
        if config["Type"] == "CALCULATED":
            healthy = sum(map(self.is_healthy, config.get("ChildHealthChecks", ())))
            return healthy >= int(config.get("HealthThreshold", 0))
        if config["Type"] == "CLOUDWATCH_METRIC":
            return self._follow(check_id, config)
        return self._endpoint(check_id).healthy

    def _endpoint(self, check_id: str) -> Endpoint:
        return self._endpoints.setdefault(check_id, Endpoint())

    def _follow(self, check_id: str, config: Mapping[str, Any]) -> bool:
        """Return what the data of an alarm says; SetAlarmState changes no data."""
        name, region = (config["AlarmIdentifier"][key] for key in ("Name", "Region"))
        with self._responses.request_scope(self._responses.get_account_id(), region):
            alarm = self._cloudwatch._alarms.get(name)
            state = judge(self._cloudwatch, alarm, time.time())[0] if alarm else None
        if state is None:
            rule = config.get("InsufficientDataHealthStatus", "LastKnownStatus")
            return BY_DATA.get(rule, self._followed.get(check_id, True))
        self._followed[check_id] = state == "OK"
        return self._followed[check_id]

    def describe(self, check_id: str) -> str:
        """Return what Route 53's checkers would report."""
        config = self._route53._health_checks[check_id]["config"]
        if config["Type"] in ENDPOINTS and not config.get("Disabled"):
            return self._endpoint(check_id).seen
        if config["Type"] not in (*ENDPOINTS, "CALCULATED", "CLOUDWATCH_METRIC"):
            return f"Success: the local AWS does not run checks of type {config['Type']}"
        return "Success: the check is healthy" if self.is_healthy(check_id) else "Failure: the check is unhealthy"

    async def run_due(self) -> None:
        """Call the endpoints whose interval is over, and report every status as a metric."""
        now = time.monotonic()
        checks = {name: check["config"] for name, check in self._route53._health_checks.items()}
        for known in (self._endpoints, self._followed):
            for gone in known.keys() - checks.keys():
                del known[gone]
        calls = []
        for name, config in checks.items():
            endpoint = self._endpoint(name)
            if config["Type"] in ENDPOINTS and not config.get("Disabled") and now >= endpoint.due:
                endpoint.due = now + config.get("RequestInterval", 30)
                calls.append(self._check(config, endpoint))
        await asyncio.gather(*calls)
        if now >= self._report_due:
            self._report_due = now + REPORT_SECONDS
            with self._responses.request_scope(self._responses.get_account_id(), "us-east-1"):
                for name in checks:
                    on = {"HealthCheckId": name}
                    self._cloudwatch.record_metric(
                        "AWS/Route53", "HealthCheckStatus", self.is_healthy(name), "None", on
                    )

    async def _check(self, config: Mapping[str, Any], endpoint: Endpoint) -> None:
        host = config.get("FullyQualifiedDomainName", "")
        if (address := self._resolve(host)) is None:
            result = False, f"DNS resolution of {host} failed"
        elif address not in addresses():
            result = False, f"{address} is no region of the local AWS, which calls nothing else"
        else:
            result = await call(address, self._port, host, config.get("ResourcePath", "/"))
        endpoint.note(*result, config.get("FailureThreshold", 3))


async def call(address: str, port: int, host: str, path: str) -> tuple[bool, str]:
    """Return whether a GET is answered with 2xx or 3xx in time, and what was seen."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Amazon-Route53-Health-Check-Service\r\n"
    try:
        async with asyncio.timeout(CALL_SECONDS):
            reader, writer = await asyncio.open_connection(address, port)
            try:
                writer.write(f"{request}Connection: close\r\n\r\n".encode())
                first = (await reader.readline()).decode("latin-1").strip()
            finally:
                writer.close()
        _, status, *reason = first.split(maxsplit=2)
        ok = 200 <= int(status) < 400
    except TimeoutError:
        return False, f"no answer within {CALL_SECONDS:.0f} s"
    except OSError as error:
        return False, f"the connection failed: {error.strerror}"
    except ValueError:
        return False, "the answer is not HTTP"
    return ok, f"HTTP Status Code {', '.join((status, *reason))}"
