"""What AWS says about a region before anything is deployed there: its services, and whether an account must opt in."""

import importlib.util
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from meridian.inventory.regions import partitions

# "Regions launched before March 20, 2019 are enabled by default", all later ones are disabled until the account
# enables them: AWS Account Management Reference Guide, "Enable or disable AWS Regions in your account", read 2026-11.
# Since every later region is one to opt in to, this list is complete for ever.
ENABLED_BY_DEFAULT = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    }
)
# Terraform's resource types by prefix, and the service's name in botocore's list; None for one without regions.
SERVICES: dict[str, str | None] = {
    "aws_apigatewayv2_": "apigateway",
    "aws_cloudwatch_log_": "logs",
    "aws_cloudwatch_metric_": "monitoring",
    "aws_cognito_": "cognito-idp",
    "aws_dynamodb_": "dynamodb",
    "aws_iam_": None,
    "aws_kms_": "kms",
    "aws_lambda_": "lambda",
    "aws_s3_": "s3",
    "aws_sns_": "sns",
    "aws_sqs_": "sqs",
}


def must_opt_in(region: str) -> bool:
    """Whether an account has to enable a region before it can be used; only in the partition aws."""
    return partitions().get(region) == "aws" and region not in ENABLED_BY_DEFAULT


def missing_services(region: str, types: Iterable[str]) -> list[str]:
    """Return the services that resources of these types need and that botocore's list does not have in a region."""
    needed = {service for kind in types for prefix, service in SERVICES.items() if kind.startswith(prefix) and service}
    offered = _endpoints().get(partitions()[region], {})
    return sorted(service for service in needed if region not in offered.get(service, frozenset()))


def unchecked(types: Iterable[str]) -> list[str]:
    """Return the types whose service is not known here, so that nobody takes their silence for a yes."""
    return sorted({kind for kind in types if not kind.startswith(tuple(SERVICES))})


@cache
def _endpoints() -> dict[str, dict[str, frozenset[str]]]:
    """Return the regions of each service, by partition. Source: botocore/data/endpoints.json."""
    found = importlib.util.find_spec("botocore")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("botocore", name="botocore")
    text = (Path(found.submodule_search_locations[0]) / "data" / "endpoints.json").read_text(encoding="utf-8")
    return {
        partition["partition"]: {
            name: frozenset(service.get("endpoints", ())) for name, service in partition["services"].items()
        }
        for partition in json.loads(text)["partitions"]
    }
