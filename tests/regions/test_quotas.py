"""Quotas: every resource that comes with a region is counted against AWS's default, or said not to be."""

from pathlib import Path

import pytest

from meridian.modules.library import Library
from meridian.modules.resources import Resource, declared
from meridian.regions import availability, quotas
from tests.conftest import ROOT


def resource(kind: str) -> Resource:
    """Return a block of a type."""
    return Resource(kind, "one", repeated=False)


def test_each_quota_says_what_is_taken_and_where_it_is_documented() -> None:
    found = quotas.rows("eu-west-1", [resource("aws_kms_key"), resource("aws_kms_key"), resource("aws_iam_role")])
    assert [(row["takes"], row["default"], row["name"], row["per"]) for row in found] == [
        (1, 1_000, "roles", "account"),
        (2, 100_000, "keys", "region"),
    ]
    assert quotas.lines(found) == [
        "  quota         1 of 1,000 roles per account",
        "  quota         2 of 100,000 keys per region",
    ]
    assert found[1]["source"] == "https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"
    assert found[1]["own_value"] == "aws service-quotas list-service-quotas --service-code kms --region eu-west-1"


@pytest.mark.parametrize(("region", "rate", "burst"), [("eu-west-1", 10_000, "5000"), ("il-central-1", 2_500, "1250")])
def test_an_api_shares_the_throttle_of_its_region(region: str, rate: int, burst: str) -> None:
    """AWS gives newer regions a quarter of it."""
    apis, throttle = quotas.rows(region, [resource("aws_apigatewayv2_api")])
    assert (apis["takes"], apis["default"]) == (1, 600)
    assert (throttle["takes"], throttle["default"]) == (None, rate)
    assert throttle["note"].startswith(f"burst {burst};")


def test_what_is_not_taken_by_number_says_so() -> None:
    (line,) = quotas.lines(quotas.rows("eu-west-1", [resource("aws_lambda_function")]))
    assert line.startswith("  quota         1,000 concurrent executions per region (shared by all functions there;")


def test_a_type_without_a_known_quota_is_named() -> None:
    assert quotas.unknown(["aws_kms_key", "aws_sns_topic_policy", "aws_sqs_queue"]) == ["aws_sqs_queue"]


def test_every_type_of_our_modules_is_known() -> None:
    contracts = Library(Path(ROOT)).contracts(None).values()
    types = {one.type for contract in contracts for one in declared(Path(ROOT), contract)}
    assert len(types) > 10
    assert quotas.unknown(types) == []


def test_the_slower_regions_are_regions() -> None:
    assert availability.partitions().keys() >= quotas.SLOWER_API_REGIONS
