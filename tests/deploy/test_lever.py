"""While an apply runs the alarms of each region with `watch` send no messages, if AWS lets the role say so."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.deploy import lever
from meridian.deploy.lever import messages_held
from meridian.targets import Target

METRIC = {"namespace": "greeter-dev/watch", "metric_name": "Applying", "dimensions": {"Region": "eu-west-1"}}
VALUE = {"MetricName": "Applying", "Dimensions": [{"Name": "Region", "Value": "eu-west-1"}], "Value": 1}


class Aws:
    """The states of units by region, and what was sent to CloudWatch."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **outputs: dict[str, Any] | None) -> None:
        self.outputs, self.refuses = outputs, False
        self.asked: list[str] = []
        self.sent: list[tuple[str | None, dict[str, object]]] = []
        monkeypatch.setattr(Target, "client", lambda _, service, region=None: self.client(service, region))

    def client(self, service: str, region: str | None) -> "Client":
        """Return a client, and note what it is of."""
        self.asked.append(service)
        return Client(self, region)


class Client:
    """A client of S3 and CloudWatch."""

    def __init__(self, aws: Aws, region: str | None) -> None:
        self.aws, self.region = aws, region

    def get_object(self, Key: str, **_: object) -> dict[str, Any]:
        """Return the state of a unit of `watch`."""
        found = self.aws.outputs[Key.split("/")[2].replace("-", "_")]
        if found is None:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no"}}, "GetObject")
        state = {"version": 4, "outputs": {name: {"value": value} for name, value in found.items()}}
        return {"Body": io.BytesIO(json.dumps(state).encode())}

    def put_metric_data(self, **data: object) -> None:
        """Take a value."""
        if self.aws.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not yours"}}, "PutMetricData")
        self.aws.sent.append((self.region, data))


@pytest.fixture
def watched(target: Target) -> Target:
    """Return a target whose regions have a unit of `watch`."""
    for region in ("eu-west-1", "us-east-1"):
        unit = Path(target.root, "live/dev", region, "watch/terragrunt.hcl")
        unit.parent.mkdir(parents=True)
        unit.write_text("# unit\n")
    return target


def test_a_deployed_region_is_told_until_the_end(watched: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws(monkeypatch, eu_west_1={"suppressor": METRIC}, us_east_1={"alarm_name": "x"})
    monkeypatch.setattr(lever, "SECONDS_BETWEEN", 0.01)
    with messages_held(watched):
        while len(aws.sent) < 3:
            time.sleep(0.01)
    seen = len(aws.sent)
    assert {region for region, _ in aws.sent} == {"eu-west-1"}
    assert aws.sent[0][1] == {"Namespace": "greeter-dev/watch", "MetricData": [VALUE]}
    time.sleep(0.05)
    assert len(aws.sent) == seen


def test_a_region_that_gets_its_alarms_now_is_told(watched: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its first data an alarm on requests that must come is on."""
    aws = Aws(monkeypatch, eu_west_1=None, us_east_1={"alarm_name": "x"})
    with messages_held(watched):
        pass
    assert aws.sent == [("eu-west-1", {"Namespace": "greeter-dev/watch", "MetricData": [VALUE]})]


def test_a_version_without_the_output_is_not_told(watched: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws(monkeypatch, eu_west_1={"alarm_name": "x"}, us_east_1={"alarm_name": "y"})
    with messages_held(watched):
        pass
    assert aws.sent == []


def test_without_watch_nothing_is_asked(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws(monkeypatch)
    with messages_held(target):
        pass
    assert aws.asked == []


def test_a_role_that_may_not_applies_with_a_warning(
    watched: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws(monkeypatch, eu_west_1={"suppressor": METRIC}, us_east_1=None)
    aws.refuses = True
    ran = []
    with messages_held(watched):
        ran.append(True)
    assert ran == [True]
    err = capsys.readouterr().err
    assert "alarms of eu-west-1 may send messages while this applies: " in err
    assert "The role needs cloudwatch:PutMetricData" in err


def test_an_error_of_the_apply_is_no_warning(watched: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    Aws(monkeypatch, eu_west_1={"suppressor": METRIC}, us_east_1=None)
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "CreateTable")
    with pytest.raises(ClientError, match="CreateTable"), messages_held(watched):
        raise denied
