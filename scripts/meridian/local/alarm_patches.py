"""What AWS does with alarms and MiniStack does not: keeps all that they were given, and evaluates them."""

import ast
import json
import operator
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from xml.sax.saxutils import escape

BOOLEANS = ("ActionsEnabled", "ReturnData")
COMPARE = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}
ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Div: operator.truediv,
    ast.Mult: operator.mul,
    ast.Sub: operator.sub,
}
MISSING = {"breaching": True, "notBreaching": False}
"""What a minute without data counts as; with any other rule it does not count."""
SUPPRESSOR = {"ActionsSuppressor": str, "ActionsSuppressorExtensionPeriod": int, "ActionsSuppressorWaitPeriod": int}
SECONDS_BY_HAND = 60
"""AWS evaluates an alarm about once a minute: so long SetAlarmState holds."""


def alarms_keep_every_field(cloudwatch: Any) -> None:
    """Read and describe alarms over the Query protocol, which Terraform uses, with every field.

    MiniStack drops the metric queries of a new alarm, and describes neither dimensions, period, statistic nor actions:
    every plan after an apply would change every alarm.
    """
    put, describe = cloudwatch._put_metric_alarm, cloudwatch._describe_alarms

    @wraps(put)
    def put_metric_alarm(params: Mapping[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        asked = data if is_cbor or is_json else read_query(params)
        if (answer := put({}, asked, False, True))[0] != 200:
            return put(params, data, is_cbor, is_json)
        alarm = cloudwatch._alarms[asked["AlarmName"]]
        if asked.get("Metrics"):
            alarm["Metrics"] = asked["Metrics"]
        # MiniStack makes these up, and AWS refuses them beside metric queries, or beside a percentile.
        for name in {"Period", "Statistic"} - asked.keys():
            del alarm[name]
        if is_cbor:
            return cloudwatch._cbor_ok({})
        return answer if is_json else cloudwatch._xml(200, "PutMetricAlarmResponse", "")

    @wraps(describe)
    def describe_alarms(params: Mapping[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        if is_cbor or is_json:
            return describe(params, data, is_cbor, is_json)
        status, _, body = describe({}, read_query(params), False, True)
        if status != 200:
            return describe(params, data, is_cbor, is_json)
        found = as_xml(json.loads(body), cloudwatch._ts_iso)
        return cloudwatch._xml(200, "DescribeAlarmsResponse", f"<DescribeAlarmsResult>{found}</DescribeAlarmsResult>")

    cloudwatch._put_metric_alarm, cloudwatch._describe_alarms = put_metric_alarm, describe_alarms


def read_query(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a Query call as a map: `A.member.1.B=x` is `{"A": [{"B": "x"}]}`."""
    tree: dict[str, Any] = {}
    for name, values in params.items():
        value = values[0] if isinstance(values, list) else values
        *steps, last = name.split(".")
        node = tree
        for step in steps:
            node = node.setdefault(step, {})
        node[last] = value == "true" if last in BOOLEANS else int(value) if last == "Period" else value
    return {name: _fold(value) for name, value in tree.items()}


def _fold(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node.keys() == {"member"}:
        return [_fold(node["member"][number]) for number in sorted(node["member"], key=int)]
    return {name: _fold(value) for name, value in node.items()}


def as_xml(value: Any, as_time: Callable[[float], str]) -> str:
    """Return plain values as the elements of an answer; what is empty is left out, as AWS does."""
    if isinstance(value, dict):
        items = {name: as_time(one) if name.endswith("Timestamp") else one for name, one in value.items()}
        return "".join(
            f"<{name}>{as_xml(one, as_time)}</{name}>" for name, one in items.items() if one not in (None, "", [])
        )
    if isinstance(value, list):
        return "".join(f"<member>{as_xml(one, as_time)}</member>" for one in value)
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


def alarms_are_evaluated(cloudwatch: Any) -> None:
    """Evaluate an alarm by its own dimensions, period by period, with its expression and its rule for missing data.

    MiniStack mixes the metrics of all functions, knows one period and no expression, and needs a new value to change a
    state. AWS evaluates alarms every minute; here they are evaluated when they are read.
    """
    describe, set_state = cloudwatch._describe_alarms, cloudwatch._set_alarm_state
    by_hand: dict[str, float] = {}

    def evaluate(alarm: dict[str, Any]) -> None:
        now, old = time.time(), alarm["StateValue"]
        if by_hand.get(alarm["AlarmArn"], 0) > now - SECONDS_BY_HAND or not (alarm["MetricName"] or "Metrics" in alarm):
            return
        state, reason = judge(cloudwatch, alarm, now)
        if state is None:
            state = old if alarm["TreatMissingData"] == "ignore" else "INSUFFICIENT_DATA"
        if state != old:
            alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(now)}
            cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
            cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
            cloudwatch._evaluate_parent_alarms(alarm)

    @wraps(describe)
    def describe_alarms(*request: Any) -> Any:
        cloudwatch._evaluate_all_alarms()
        return describe(*request)

    @wraps(set_state)
    def set_alarm_state(params: Mapping[str, Any], data: dict[str, Any], *protocol: bool) -> Any:
        name = data.get("AlarmName") or cloudwatch._p(params, "AlarmName")
        if name in cloudwatch._alarms:
            by_hand[cloudwatch._alarms[name]["AlarmArn"]] = time.time()
        return set_state(params, data, *protocol)

    cloudwatch._evaluate_alarm, cloudwatch._describe_alarms = evaluate, describe_alarms
    cloudwatch._set_alarm_state = set_alarm_state


def composite_alarms_have_a_suppressor(cloudwatch: Any) -> None:
    """Hold the actions of a composite alarm back while its suppressor's data is bad, and take them if it is on after.

    MiniStack drops the suppressor: every plan after an apply would change the alarm. AWS waits its two periods, which
    are over at once here.
    """
    put, dispatch, go_up = (
        cloudwatch._put_composite_alarm,
        cloudwatch._dispatch_alarm_actions,
        cloudwatch._evaluate_parent_alarms,
    )

    @wraps(put)
    def put_composite_alarm(params: Mapping[str, Any], data: dict[str, Any], *protocol: bool) -> Any:
        asked = data if any(protocol) else read_query(params)
        if (answer := put(params, data, *protocol))[0] == 200:
            alarm = cloudwatch._composite_alarms[asked["AlarmName"]]
            alarm |= {name: kind(asked[name]) for name, kind in SUPPRESSOR.items() if name in asked}
        return answer

    def is_held(alarm: Mapping[str, Any]) -> bool:
        suppressor = cloudwatch._alarms.get(alarm.get("ActionsSuppressor", "").rpartition(":")[2])
        return suppressor is not None and judge(cloudwatch, suppressor, time.time())[0] == "ALARM"

    @wraps(dispatch)
    def dispatch_alarm_actions(alarm: dict[str, Any], *change: str) -> None:
        if is_held(alarm):
            alarm["ActionsSuppressedBy"] = "Alarm"
        else:
            dispatch(alarm, *change)

    @wraps(go_up)
    def evaluate_parent_alarms(child: Mapping[str, Any], *seen: Any) -> None:
        go_up(child, *seen)
        for one in cloudwatch._composite_alarms.values():
            if "ActionsSuppressedBy" in one and not is_held(one):
                del one["ActionsSuppressedBy"]
                if one["StateValue"] == "ALARM":
                    dispatch(one, "OK", "ALARM", one["StateReason"])

    cloudwatch._put_composite_alarm, cloudwatch._dispatch_alarm_actions = put_composite_alarm, dispatch_alarm_actions
    cloudwatch._evaluate_parent_alarms = evaluate_parent_alarms


def judge(cloudwatch: Any, alarm: Mapping[str, Any], now: float) -> tuple[str | None, str]:
    """Return the state that an alarm's data gives it, None if it has too little, and the reason."""
    seconds = _period(alarm)
    ends = [now - number * seconds for number in range(alarm["EvaluationPeriods"])]
    periods = [_is_bad(cloudwatch, alarm, end - seconds, end) for end in ends]
    bad = periods.count(True)
    state = "ALARM" if bad >= alarm.get("DatapointsToAlarm", len(periods)) else "OK"
    reason = f"Threshold Crossed: {bad} of the last {len(periods)} periods are beyond {alarm['Threshold']}."
    return None if periods.count(None) == len(periods) else state, reason


def _period(alarm: Mapping[str, Any]) -> int:
    own = [one["MetricStat"]["Period"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    return int(max(own, default=alarm.get("Period", 60)))


def _is_bad(cloudwatch: Any, alarm: Mapping[str, Any], start: float, end: float) -> bool | None:
    """Return whether a period is bad; None if it does not count."""
    if queries := alarm.get("Metrics"):
        stats = {one["Id"]: one["MetricStat"] for one in queries if "MetricStat" in one}
        known = {name: _measure(cloudwatch, one["Metric"], one["Stat"], start, end) for name, one in stats.items()}
        (wanted,) = (one for one in queries if one.get("ReturnData", True))
        value = compute(wanted.get("Expression", wanted["Id"]), known)
    else:
        value = _measure(cloudwatch, alarm, alarm["ExtendedStatistic"] or alarm["Statistic"], start, end)
    if value is None:
        return MISSING.get(alarm["TreatMissingData"])
    return bool(COMPARE[alarm["ComparisonOperator"]](value, alarm["Threshold"]))


def _measure(cloudwatch: Any, metric: Mapping[str, Any], statistic: str, start: float, end: float) -> float | None:
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))
    points = cloudwatch._metrics.get((metric["Namespace"], metric["MetricName"], dimensions)) or []
    within = [point for point in points if start < point["Timestamp"] <= end]
    value = cloudwatch._stat_value(cloudwatch._calc_stats(within), statistic, within) if within else None
    return None if value is None else float(value)


def compute(expression: str, known: Mapping[str, float | None]) -> float | None:
    """Return the value of an arithmetic expression over metrics by id; None where one has no data.

    Raises ValueError for an expression of another kind.
    """
    return _compute(ast.parse(expression, mode="eval").body, known)


def _compute(node: ast.expr, known: Mapping[str, float | None]) -> float | None:
    match node:
        case ast.Constant(int() | float() as value):
            return float(value)
        case ast.Name(name) if name in known:
            return known[name]
        case ast.BinOp(left, sign, right) if type(sign) in ARITHMETIC:
            sides = _compute(left, known), _compute(right, known)
            if sides[0] is None or sides[1] is None or (isinstance(sign, ast.Div) and not sides[1]):
                return None
            return ARITHMETIC[type(sign)](sides[0], sides[1])
    raise ValueError(f"The local AWS does not compute {ast.unparse(node)}.")


def apis_send_metrics(apigateway: Any, cloudwatch: Any) -> None:
    """Send the metrics of an HTTP API for each request: how many, how many failed, and how long they took.

    MiniStack sends metrics of functions only.
    """
    execute = apigateway._handle_execute_in_scope

    @wraps(execute)
    async def handle_execute_in_scope(api: str, *request: Any) -> Any:
        begun = time.monotonic()
        answer = await execute(api, *request)
        taken = (time.monotonic() - begun) * 1000
        counts = {"Count": 1, "4xx": 400 <= answer[0] < 500, "5xx": answer[0] >= 500}
        for name, value in counts.items():
            cloudwatch.record_metric("AWS/ApiGateway", name, value, "Count", {"ApiId": api})
        cloudwatch.record_metric("AWS/ApiGateway", "Latency", taken, "Milliseconds", {"ApiId": api})
        return answer

    apigateway._handle_execute_in_scope = handle_execute_in_scope
