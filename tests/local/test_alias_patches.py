"""Weights of an alias: with the patches an API's calls follow them and are counted by version, without them not."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from meridian.local.alias_patches import choose_version
from meridian.targets import Target
from tests.local.conftest import node_package
from tests.local.test_patches import api_of_a_function, get

CRASHES = "export const handler = async () => { throw new Error('crash'); };"
CALLS = 40


def alias_of_two_versions(target: Target) -> tuple[str, str]:
    """Make an API that calls the alias of a function: version 1 answers, version 2 crashes and gets half of the calls.

    Return the ids of API and function.
    """
    functions, api = target.client("lambda"), target.client("apigatewayv2")
    api_id, name = api_of_a_function(target)
    functions.publish_version(FunctionName=name)
    functions.update_function_code(FunctionName=name, ZipFile=node_package(CRASHES))
    functions.publish_version(FunctionName=name)
    arn = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")["AliasArn"]
    share(target, name, {"2": 0.5})
    functions.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    (integration,) = api.get_integrations(ApiId=api_id)["Items"]
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    api.update_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"], IntegrationUri=uri)
    return api_id, name


def share(target: Target, name: str, weights: dict[str, float]) -> None:
    """Set the weights of the alias."""
    target.client("lambda").update_alias(
        FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": weights}
    )


def answers(target: Target, api_id: str) -> Counter[bool]:
    """Call the API, and return how many calls succeeded and how many did not."""
    return Counter(get(target, api_id, "/greet")[0] == 200 for _ in range(CALLS))


def counted(target: Target, metric: str, name: str, **dimensions: str) -> float:
    """Return the sum of a metric of a function in the last minutes."""
    now = datetime.now(UTC)
    found = target.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in {"FunctionName": name, **dimensions}.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def by_version(target: Target, metric: str, name: str, version: str) -> float:
    """Return the sum of a metric of one version behind the alias."""
    return counted(target, metric, name, Resource=f"{name}:live", ExecutedVersion=version)


def test_a_share_of_the_calls_goes_to_the_second_version(patched: Target, plain: Target) -> None:
    """And the metrics say which version failed; the function's own have all calls."""
    api_id, name = alias_of_two_versions(patched)
    found = answers(patched, api_id)
    assert 0 < found[False] < CALLS
    assert {version: by_version(patched, "Invocations", name, version) for version in "12"} == {
        "1": found[True],
        "2": found[False],
    }
    assert {version: by_version(patched, "Errors", name, version) for version in "12"} == {"1": 0, "2": found[False]}
    assert counted(patched, "Invocations", name) == CALLS
    share(patched, name, {})
    assert answers(patched, api_id)[True] == CALLS
    api_id, name = alias_of_two_versions(plain)
    assert answers(plain, api_id)[True] == CALLS, "MiniStack ignores weights"
    assert by_version(plain, "Invocations", name, "1") == 0


@pytest.mark.parametrize(
    ("chance", "version"), [(0.0, "2"), (0.09, "2"), (0.1, "3"), (0.29, "3"), (0.31, "1"), (0.99, "1")]
)
def test_each_version_gets_its_share(chance: float, version: str) -> None:
    weights: Any = {"2": 0.1, "3": 0.2}
    assert choose_version("1", weights, chance) == version
