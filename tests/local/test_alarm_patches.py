"""Alarms: with the patches they are described and evaluated as on AWS, without them not."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from meridian.local.alarm_patches import compute, read_query
from meridian.targets import Target
from tests.local.test_patches import api_of_a_function, get

TOPIC = "arn:aws:sns:us-east-1:100000000001:ops"
TWO_OF_THREE: dict[str, Any] = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 0,
    "TreatMissingData": "notBreaching",
}
COMMON = TWO_OF_THREE | {
    "AlarmActions.member.1": TOPIC,
    "OKActions.member.1": TOPIC,
    "ActionsEnabled": "false",
}
ON_ONE_METRIC = {
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions.member.1.Name": "FunctionName",
    "Dimensions.member.1.Value": "greeter-dev-greet",
    "Period": 60,
}
QUERY = "Metrics.member.2"
ON_AN_EXPRESSION = {
    "Metrics.member.1.Id": "share",
    "Metrics.member.1.Expression": "100 * errors",
    "Metrics.member.1.ReturnData": "true",
    f"{QUERY}.Id": "errors",
    f"{QUERY}.ReturnData": "false",
    f"{QUERY}.MetricStat.Period": 60,
    f"{QUERY}.MetricStat.Stat": "Sum",
    f"{QUERY}.MetricStat.Metric.Namespace": "AWS/Lambda",
    f"{QUERY}.MetricStat.Metric.MetricName": "Errors",
}


def query(target: Target, action: str, **params: Any) -> str:
    """Call CloudWatch over the Query protocol, as Terraform's provider does."""
    body = urlencode({"Action": action, "Version": "2010-08-01", **params})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", f"{target.endpoint}/", data=body, headers=kind)
    SigV4Auth(target.session.get_credentials(), "monitoring", "us-east-1").add_auth(request)
    answer = requests.post(request.url, data=body, headers=dict(request.headers), timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.text


def described(target: Target, **params: Any) -> str:
    """Put an alarm, and return how it is described."""
    name = f"a-{uuid4()}"
    query(target, "PutMetricAlarm", AlarmName=name, **COMMON, **params)
    return query(target, "DescribeAlarms", **{"AlarmNames.member.1": name, "AlarmTypes.member.1": "MetricAlarm"})


@pytest.mark.parametrize(
    ("given", "kept", "absent"),
    [
        pytest.param(
            ON_ONE_METRIC | {"Statistic": "Sum"},
            (
                "<Dimensions><member><Name>FunctionName</Name><Value>greeter-dev-greet</Value></member></Dimensions>",
                "<Period>60</Period>",
                "<Statistic>Sum</Statistic>",
                f"<AlarmActions><member>{TOPIC}</member></AlarmActions>",
                f"<OKActions><member>{TOPIC}</member></OKActions>",
                "<ActionsEnabled>false</ActionsEnabled>",
                "<TreatMissingData>notBreaching</TreatMissingData>",
            ),
            "<Metrics>",
            id="on one metric",
        ),
        pytest.param(
            ON_ONE_METRIC | {"ExtendedStatistic": "p99"},
            ("<ExtendedStatistic>p99</ExtendedStatistic>",),
            "<Statistic>",
            id="on a percentile",
        ),
        pytest.param(
            ON_AN_EXPRESSION,
            (
                "<Metrics><member><Id>share</Id><Expression>100 * errors</Expression><ReturnData>true</ReturnData>",
                "<Metric><Namespace>AWS/Lambda</Namespace><MetricName>Errors</MetricName></Metric>",
            ),
            "<Statistic>",
            id="on an expression",
        ),
    ],
)
def test_an_alarm_is_described_with_all_that_it_was_given(
    patched: Target, plain: Target, given: dict[str, Any], kept: tuple[str, ...], absent: str
) -> None:
    """Otherwise every plan after an apply would change every alarm."""
    found = described(patched, **given)
    assert [part for part in kept if part not in found] == [], found
    assert absent not in found
    assert kept[0] not in described(plain, **given)


def test_a_refused_alarm_is_refused_as_before(patched: Target) -> None:
    with pytest.raises(AssertionError, match=r"(?s)ValidationError.*at 'datapointsToAlarm'"):
        query(patched, "PutMetricAlarm", AlarmName="a", **COMMON | {"DatapointsToAlarm": 0}, **ON_ONE_METRIC)


def test_a_query_call_is_read_as_a_map() -> None:
    flat = {"A.member.2.B": ["x"], "A.member.1.B": ["y"], "A.member.10.B": ["z"], "ActionsEnabled": "false", "D": [""]}
    assert read_query(flat) == {"A": [{"B": "y"}, {"B": "x"}, {"B": "z"}], "ActionsEnabled": False, "D": ""}


def put_alarm(target: Target, metric: str, function: str = "one", **changes: Any) -> str:
    """Put an alarm on a metric of a function, 2 of 3 minutes above 0, and return its name."""
    name = str(changes.pop("AlarmName", f"a-{uuid4()}"))
    on: dict[str, Any] = {
        "Namespace": "Tests",
        "MetricName": metric,
        "Dimensions": [{"Name": "FunctionName", "Value": function}],
        "Statistic": "Sum",
        "Period": 60,
    }
    target.client("cloudwatch").put_metric_alarm(AlarmName=name, **TWO_OF_THREE | on | changes)
    return name


def put_values(target: Target, metric: str, *seconds_ago: int) -> None:
    """Put a value of 1 so many seconds ago each."""
    dimensions = [{"Name": "FunctionName", "Value": "one"}]
    times = [datetime.now(UTC) - timedelta(seconds=seconds) for seconds in seconds_ago]
    data = [{"MetricName": metric, "Dimensions": dimensions, "Value": 1, "Timestamp": when} for when in times]
    target.client("cloudwatch").put_metric_data(Namespace="Tests", MetricData=data)


def state(target: Target, name: str) -> str:
    """Return the state of an alarm."""
    (alarm,) = target.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


def test_an_alarm_looks_at_its_own_function(patched: Target, plain: Target) -> None:
    for target, other in ((patched, "OK"), (plain, "ALARM")):
        names = [put_alarm(target, "Own", function) for function in ("one", "two")]
        put_values(target, "Own", 1, 70)
        assert [state(target, name) for name in names] == ["ALARM", other]


def test_so_many_bad_periods_are_an_alarm(patched: Target) -> None:
    one, two = put_alarm(patched, "OneBad"), put_alarm(patched, "TwoBad")
    put_values(patched, "OneBad", 70, 75)
    put_values(patched, "TwoBad", 70, 130)
    assert [state(patched, name) for name in (one, two)] == ["OK", "ALARM"]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA"), ("ignore", "INSUFFICIENT_DATA")],
)
def test_missing_data_counts_as_the_alarm_says(patched: Target, rule: str, wanted: str) -> None:
    assert state(patched, put_alarm(patched, "Missing", TreatMissingData=rule)) == wanted


def test_an_alarm_ends_without_new_data(patched: Target) -> None:
    name = put_alarm(patched, "Ends", EvaluationPeriods=1, DatapointsToAlarm=1)
    put_values(patched, "Ends", 58)
    assert state(patched, name) == "ALARM"
    time.sleep(2)
    assert state(patched, name) == "OK"


def test_a_state_that_is_set_holds_for_a_while(patched: Target) -> None:
    """AWS keeps it until it evaluates the alarm again."""
    name = put_alarm(patched, "ByHand")
    assert state(patched, name) == "OK"
    patched.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    assert state(patched, name) == "ALARM"


def with_suppressor(target: Target, follows: str, suppressor: str) -> tuple[str, str]:
    """Put a composite alarm that sends messages, and return its name and the queue that receives them."""
    name, sns, sqs = f"c-{uuid4()}", target.client("sns"), target.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [allowed]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    periods = {"ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 120}
    given = {"AlarmName": name, "AlarmRule": f'ALARM("{follows}")', "AlarmActions.member.1": topic}
    query(target, "PutCompositeAlarm", **given, ActionsSuppressor=suppressor, **periods)
    return name, queue


def composite(target: Target, name: str) -> dict[str, Any]:
    """Return a composite alarm."""
    answer = target.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    return dict(answer["CompositeAlarms"][0])


def messages(target: Target, queue: str) -> int:
    """Return how many messages a queue receives."""
    return len(target.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []))


def test_a_composite_alarm_sends_nothing_while_its_suppressor_is_on(patched: Target, plain: Target) -> None:
    """It changes its state, and sends its message afterwards if it is still on; MiniStack sends it at once."""
    once = {"EvaluationPeriods": 1, "DatapointsToAlarm": 1}
    for target, sent in ((patched, [0, 1]), (plain, [1, 0])):
        fault, suppressor = (put_alarm(target, metric, **once) for metric in ("Fault", "Applying"))
        name, queue = with_suppressor(target, fault, suppressor)
        put_values(target, "Applying", 1)
        put_values(target, "Fault", 1)
        assert composite(target, name)["StateValue"] == "ALARM"
        found = [messages(target, queue)]
        put_alarm(target, "Applying", **once | {"AlarmName": suppressor, "Threshold": 9})
        assert composite(target, name)["StateValue"] == "ALARM"
        assert [*found, messages(target, queue)] == sent


def test_a_composite_alarm_is_described_with_its_suppressor(patched: Target, plain: Target) -> None:
    """Otherwise every plan after an apply would change it."""
    for target, kept in ((patched, True), (plain, False)):
        fault, suppressor = put_alarm(target, "NoFault"), put_alarm(target, "NotApplying")
        name, _ = with_suppressor(target, fault, suppressor)
        found = query(
            target, "DescribeAlarms", **{"AlarmNames.member.1": name, "AlarmTypes.member.1": "CompositeAlarm"}
        )
        for field, value in (("", suppressor), ("WaitPeriod", 60), ("ExtensionPeriod", 120)):
            element = f"ActionsSuppressor{field}"
            assert (f"<{element}>{value}</{element}>" in found) is kept
        assert ("ActionsSuppressorWaitPeriod" in composite(target, name)) is kept


def share(one: str, other: str) -> dict[str, Any]:
    """Return the metrics of an alarm on the percentage of one metric in another."""
    dimensions = [{"Name": "FunctionName", "Value": "one"}]
    metrics = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": "Tests", "MetricName": metric, "Dimensions": dimensions},
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        }
        for name, metric in (("errors", one), ("requests", other))
    ]
    return {"Metrics": [{"Id": "share", "Expression": "100 * errors / requests"}, *metrics], "Threshold": 50}


def test_an_alarm_on_an_expression_is_evaluated(patched: Target) -> None:
    """Two errors in three requests are more than half, two in four are not."""
    put_values(patched, "Errors", 1, 2, 70, 75)
    put_values(patched, "Three", 1, 2, 3, 70, 75, 80)
    put_values(patched, "Four", 1, 2, 3, 4, 70, 75, 80, 85)
    states = {}
    for requests_ in ("Three", "Four", "None"):
        name = f"a-{uuid4()}"
        wanted = TWO_OF_THREE | share("Errors", requests_)
        patched.client("cloudwatch").put_metric_alarm(AlarmName=name, **wanted)
        states[requests_] = state(patched, name)
    assert states == {"Three": "ALARM", "Four": "OK", "None": "OK"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [("a", 2.0), ("100 * a / (a + b)", 40.0), ("a - b", -1.0), ("a / z", None), ("a + gone", None)],
)
def test_an_expression_has_a_value_where_all_its_metrics_have_one(expression: str, value: float | None) -> None:
    assert compute(expression, {"a": 2.0, "b": 3.0, "z": 0.0, "gone": None}) == value


@pytest.mark.parametrize("expression", ["FILL(a, 0)", "a ** 9", "other", "a > 1"])
def test_another_expression_is_not_guessed(expression: str) -> None:
    with pytest.raises(ValueError, match="does not compute"):
        compute(expression, {"a": 2.0})


def test_an_api_sends_the_metrics_of_its_requests(patched: Target, plain: Target) -> None:
    """The first function forbids the API to call it, which is a 500; MiniStack calls it, and counts nothing."""
    for target, sums in ((patched, {"Count": 1.0, "4xx": 0.0, "5xx": 1.0}), (plain, {})):
        api_id, _ = api_of_a_function(target)
        get(target, api_id, "/greet")
        now, client = datetime.now(UTC), target.client("cloudwatch")
        about = {"Namespace": "AWS/ApiGateway", "Dimensions": [{"Name": "ApiId", "Value": api_id}]}
        times = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=5), "Period": 60}
        found = {
            name: client.get_metric_statistics(**about, **times, MetricName=name, Statistics=["Sum"])["Datapoints"]
            for name in ("Count", "4xx", "5xx", "Latency")
        }
        assert {name: points[0]["Sum"] for name, points in found.items() if points and name != "Latency"} == sums
        assert bool(found["Latency"]) is bool(sums)
