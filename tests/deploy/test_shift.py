"""The share of calls that a new version gets: set, verified, watched, and taken back however it ends."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.deploy import shift
from meridian.deploy.moving import Alias
from meridian.deploy.shift import Shift, choose_shift, shift_calls
from meridian.errors import CouldNotTell, Exit, MeridianError, OperationFailed, Refused, UserError
from meridian.targets import Target
from meridian.verify.http import Answer, NoAnswer

NAME = "greeter-dev-greet"
WEST = Alias("eu-west-1/compute", NAME, "live", "1", "2")
EAST = Alias("us-east-1/compute", NAME, "live", "7", "8")
TEN = Shift(10, 5)
IDENTITY = ("issuer", "client_id", "user_pool_id")
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Call")


def address(region: str) -> str:
    """Return where GET /status of a region answers."""
    return f"http://{region}.execute-api.localhost:4566/status"


class Aws:
    """Plays Lambda, CloudWatch, the API and the clock; `happens` is called before each round that is watched."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Play an environment in which all is well, and the new versions get calls."""
        self.weights: dict[str, dict[str, float]] = {}
        self.updates: list[tuple[str, dict[str, float]]] = []
        self.alarms: dict[str, list[str]] = {}
        self.counts = {"Invocations": [3.0, 4.0], "Errors": []}
        self.asked: list[dict[str, Any]] = []
        self.answer: Answer | NoAnswer = Answer(200, {})
        self.called: list[str] = []
        self.verified = Exit.OK
        self.waits: list[float] = []
        self.stuck: set[str] = set()
        self.happens: Callable[[], None] = lambda: None
        self.denied: set[str] = set()
        self.outputs: dict[str, dict[str, str]] = {"us-east-1/identity": dict.fromkeys(IDENTITY, "id")}
        for region in ("eu-west-1", "us-east-1"):
            api = {"api_id": "a", "api_url": address(region).removesuffix("status"), "function_name": NAME}
            data = {"table_name": "greetings", "topic_arn": "arn"}
            self.outputs |= {f"{region}/compute": api, f"{region}/data": data}
        monkeypatch.setattr(shift, "verify_regions", lambda _, regions: self._verify(regions))
        monkeypatch.setattr(shift, "read_outputs", lambda _: self.outputs)
        monkeypatch.setattr(shift.http, "send_get", lambda _, url: self._get(url))
        monkeypatch.setattr(shift.time, "monotonic", lambda: sum(self.waits))
        monkeypatch.setattr(shift.time, "sleep", self._sleep)
        monkeypatch.setattr(Target, "client", lambda _, service, region=None: Client(self, service, str(region)))

    def _verify(self, regions: list[str]) -> Exit:
        assert set(self.weights) == {*regions}, "verified without a share"
        return self.verified

    def _get(self, url: str) -> Answer | NoAnswer:
        self.called.append(url)
        return self.answer

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.happens()


class Client:
    """A client of one service in one region."""

    def __init__(self, aws: Aws, service: str, region: str) -> None:
        self.aws, self.service, self.region = aws, service, region

    def update_alias(self, *, FunctionName: str, Name: str, RoutingConfig: Mapping[str, Any]) -> None:
        """Set the weights of the alias in this region."""
        assert (self.service, FunctionName, Name) == ("lambda", NAME, "live")
        weights = RoutingConfig["AdditionalVersionWeights"]
        if "update_alias" in self.aws.denied or (self.region in self.aws.stuck and not weights):
            raise DENIED
        self.aws.updates.append((self.region, weights))
        self.aws.weights |= {self.region: weights}
        if not weights:
            del self.aws.weights[self.region]

    def get_paginator(self, name: str) -> "Client":
        """Return itself, to paginate a call."""
        if name in self.aws.denied:
            raise DENIED
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """Answer DescribeAlarms or GetMetricData."""
        if "AlarmNamePrefix" in asked:
            yield {"MetricAlarms": [{"AlarmName": name} for name in self.aws.alarms.get(self.region, ())]}
            return
        assert asked["EndTime"] - asked["StartTime"] >= timedelta(minutes=1)
        self.aws.asked += asked["MetricDataQueries"]
        for query in asked["MetricDataQueries"]:
            counted = self.aws.counts[query["MetricStat"]["Metric"]["MetricName"]]
            yield {"MetricDataResults": [{"Id": query["Id"], "Values": counted}]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """An environment in which all is well."""
    return Aws(monkeypatch)


def stopped(target: Target, kind: type[MeridianError], *aliases: Alias) -> MeridianError:
    """Shift calls, which must end with this error and leave no share; return the error."""
    with pytest.raises(kind) as caught:
        shift_calls(target, TEN, aliases or (WEST, EAST))
    assert type(caught.value) is kind
    return caught.value


def test_a_good_version_keeps_its_share_for_its_minutes(
    aws: Aws, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then the old version has all calls again: the apply that follows moves the alias."""
    shift_calls(target, TEN, (WEST, EAST))
    assert aws.updates == [("eu-west-1", {"2": 0.1}), ("us-east-1", {"8": 0.1}), ("eu-west-1", {}), ("us-east-1", {})]
    assert sum(aws.waits) == 300
    assert len(aws.called) == 11 * 10 * 2
    assert set(aws.called) == {address("eu-west-1"), address("us-east-1")}
    assert f"eu-west-1: version 2 of {NAME}: 0 of 7 calls failed; it gets all calls now" in capsys.readouterr().err


def test_calls_are_counted_by_alias_and_version(aws: Aws, target: Target) -> None:
    shift_calls(target, TEN, (WEST,))
    metric = aws.asked[-1]["MetricStat"]["Metric"]
    assert (metric["Namespace"], metric["MetricName"]) == ("AWS/Lambda", "Errors")
    assert {one["Name"]: one["Value"] for one in metric["Dimensions"]} == {
        "FunctionName": NAME,
        "Resource": f"{NAME}:live",
        "ExecutedVersion": "2",
    }


def test_a_version_that_crashes_is_rolled_back_in_every_region(aws: Aws, target: Target) -> None:
    aws.happens = lambda: aws.counts.update(Errors=[1.0])
    error = stopped(target, Refused)
    assert error.message == f"Rolled back: eu-west-1: version 2 of {NAME}: 1 of 7 calls failed."
    assert "`meridian rollback` or `git revert`" in error.hint
    assert "`meridian apply dev --target local --canary`" in error.hint
    assert (aws.weights, sum(aws.waits)) == ({}, 30)


@pytest.mark.parametrize(("calls", "errors", "passes"), [(100.0, 1.0, True), (99.0, 1.0, False), (0.0, 1.0, False)])
def test_one_call_of_a_hundred_may_fail(aws: Aws, target: Target, calls: float, errors: float, passes: bool) -> None:
    aws.counts = {"Invocations": [calls], "Errors": [errors]}
    if passes:
        shift_calls(target, TEN, (WEST,))
    else:
        stopped(target, Refused)


def test_an_alarm_rolls_back(aws: Aws, target: Target) -> None:
    aws.happens = lambda: aws.alarms.update({"us-east-1": ["greeter-dev-api-errors"]})
    assert stopped(target, Refused).message == "Rolled back: In ALARM: us-east-1: greeter-dev-api-errors."
    assert aws.weights == {}


def test_an_answer_of_status_rolls_back(aws: Aws, target: Target) -> None:
    """It comes minutes before the metrics; a throttled call, or no answer at all, says nothing of the version."""
    aws.answer = Answer(502, {})
    assert f"GET {address('eu-west-1')} answered 502" in stopped(target, Refused).message
    aws.answer = NoAnswer("timed out")
    assert "timed out" in stopped(target, CouldNotTell).message
    assert aws.weights == {}
    aws.answer = Answer(429, {})
    shift_calls(target, TEN, (WEST, EAST))


@pytest.mark.parametrize(("code", "kind"), [(Exit.FINDINGS, Refused), (Exit.UNKNOWN, CouldNotTell)])
def test_regions_that_are_not_verified_roll_back(
    aws: Aws, target: Target, code: Exit, kind: type[MeridianError]
) -> None:
    aws.verified = code
    assert "eu-west-1, us-east-1 are not verified" in stopped(target, kind).message
    assert (aws.weights, aws.waits) == ({}, [])


def test_a_version_without_calls_is_not_good(aws: Aws, target: Target) -> None:
    aws.counts["Invocations"] = []
    error = stopped(target, CouldNotTell)
    assert f"eu-west-1: version 2 of {NAME}; us-east-1: version 8 of {NAME}: CloudWatch has no call" in error.message
    assert "--percent" in error.hint
    assert "Try again: `meridian apply dev --target local --canary`" in error.hint


@pytest.mark.parametrize(
    ("denied", "right"), [("get_metric_data", "cloudwatch:GetMetricData"), ("describe_alarms", "DescribeAlarms")]
)
def test_what_cannot_be_watched_gets_no_share(aws: Aws, target: Target, denied: str, right: str) -> None:
    """A right that is missing is seen before a caller meets the new version."""
    aws.denied = {denied}
    error = stopped(target, CouldNotTell)
    assert error.message.startswith("No call went to a new version: ")
    assert right in error.hint
    assert aws.updates == []


def test_an_alarm_that_rings_already_gives_no_share(aws: Aws, target: Target) -> None:
    aws.alarms = {"eu-west-1": ["greeter-dev-region"]}
    error = stopped(target, Refused)
    assert "In ALARM: eu-west-1: greeter-dev-region" in error.message
    assert error.hint.endswith("Then: `meridian apply dev --target local --canary`.")
    assert aws.updates == []


def test_a_share_that_cannot_be_set_is_taken_back_everywhere(
    aws: Aws, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it was tried: the answer may have been lost."""
    update = Client.update_alias

    def fail_in_the_east(client: Client, **given: Any) -> None:
        update(client, **given)
        if client.region == "us-east-1" and given["RoutingConfig"]["AdditionalVersionWeights"]:
            raise DENIED

    monkeypatch.setattr(Client, "update_alias", fail_in_the_east)
    assert "its share of the calls cannot be set" in stopped(target, CouldNotTell).message
    assert aws.weights == {}


def test_only_the_api_of_compute_is_called(aws: Aws, target: Target) -> None:
    """A function of another module is called by the module's own checks, and by its clients."""
    shift_calls(target, TEN, (Alias("eu-west-1/orders", NAME, "live", "1", "2"),))
    assert aws.called == []
    del aws.outputs[WEST.unit]
    assert "eu-west-1 cannot be called: eu-west-1/compute: output 'api_id'" in stopped(target, CouldNotTell).message


def test_with_routing_the_regions_own_name_is_called(aws: Aws, target: Target) -> None:
    """The API's own address may be off."""
    names = {"regional_domain_name": "eu-west-1.example.com", "domain_name": "example.com"}
    aws.outputs["eu-west-1/routing"] = names
    shift_calls(target, TEN, (WEST,))
    assert set(aws.called) == {"http://eu-west-1.example.com:4566/status"}


def test_an_interrupt_takes_the_share_back(aws: Aws, target: Target) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    aws.happens = interrupt
    with pytest.raises(KeyboardInterrupt):
        shift_calls(target, TEN, (WEST, EAST))
    assert aws.weights == {}


def test_a_share_that_stays_is_named_with_the_call_that_ends_it(aws: Aws, target: Target) -> None:
    aws.stuck = {"eu-west-1"}
    error = stopped(target, OperationFailed)
    assert f"eu-west-1: version 2 of {NAME}: it still gets a share" in error.message
    assert f"aws lambda update-alias --region eu-west-1 --function-name {NAME} --name live" in error.hint
    assert aws.weights == {"eu-west-1": {"2": 0.1}}


def test_a_version_that_the_plan_does_not_name_gets_no_share(aws: Aws, target: Target) -> None:
    unknown = Alias(WEST.unit, NAME, "live", "1", "")
    assert "does not name the new version" in stopped(target, OperationFailed, unknown).message
    assert aws.updates == []


def test_the_options() -> None:
    assert choose_shift(False, None, None) is None
    assert choose_shift(True, None, None) == Shift(10, 5)
    assert choose_shift(True, 25, 0.5) == Shift(25, 0.5)
    for given in ((10, None), (None, 5.0)):
        with pytest.raises(UserError, match="are of --canary"):
            choose_shift(False, *given)
