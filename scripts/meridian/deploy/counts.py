"""How many calls a new version of a function gets through its alias, and how many of them fail."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from meridian.aws import AWS_ERRORS
from meridian.deploy.moving import Alias
from meridian.errors import CouldNotTell
from meridian.targets import Target

Counts = Mapping[Alias, tuple[int, int]]
"""By alias, the calls of its new version and the failed ones among them."""


def count_calls(target: Target, aliases: Sequence[Alias], began: datetime) -> Counts:
    """Return how many calls the new versions got through their aliases since a time, and how many of them failed."""
    regions = {alias.region: [one for one in aliases if one.region == alias.region] for alias in aliases}
    found: dict[Alias, tuple[int, int]] = {}
    for region, here in regions.items():
        found |= _count_in(target, region, here, began)
    return found


def _count_in(target: Target, region: str, here: Sequence[Alias], began: datetime) -> Counts:
    queries = [
        _query(f"{metric.lower()}{number}", metric, alias)
        for number, alias in enumerate(here)
        for metric in ("Invocations", "Errors")
    ]
    sums = dict.fromkeys((str(query["Id"]) for query in queries), 0)
    # CloudWatch refuses a time that ends in the second in which it starts.
    until = datetime.now(UTC) + timedelta(minutes=1)
    try:
        pages = target.client("cloudwatch", region).get_paginator("get_metric_data")
        for page in pages.paginate(MetricDataQueries=queries, StartTime=began, EndTime=until):
            for result in page["MetricDataResults"]:
                sums[result["Id"]] += round(sum(result["Values"]))
    except AWS_ERRORS as error:
        raise CouldNotTell(
            f"The calls of the new versions in {region} cannot be read: {error}.",
            "The role needs cloudwatch:GetMetricData (`access` after 1.2.0, docs/pipelines.md).",
        ) from error
    return {alias: (sums[f"invocations{number}"], sums[f"errors{number}"]) for number, alias in enumerate(here)}


def _query(name: str, metric: str, alias: Alias) -> dict[str, Any]:
    dimensions = {
        "FunctionName": alias.function,
        "Resource": f"{alias.function}:{alias.name}",
        "ExecutedVersion": alias.new,
    }
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
