"""What AWS allows an account by default, of the resources that come with a region; read in AWS's documentation 2026-11.

An account's own values differ (new accounts have less, raised ones more): `OWN_VALUES` is how to read them.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from meridian.modules.resources import Resource

DOCS = "https://docs.aws.amazon.com"
OWN_VALUES = "aws service-quotas list-service-quotas --service-code {code} --region {region}"
# API Gateway's default throttle is 10,000 requests a second, and 2,500 in these: "Amazon API Gateway quotas".
SLOWER_API_REGIONS = frozenset(
    {
        *("af-south-1", "eu-south-1", "eu-south-2", "eu-central-2", "ap-southeast-3", "ap-southeast-4"),
        *(
            "ap-southeast-5",
            "ap-southeast-7",
            "ap-south-2",
            "me-central-1",
            "il-central-1",
            "ca-west-1",
            "mx-central-1",
        ),
    }
)


@dataclass(frozen=True)
class Quota:
    """One default: how many resources of a type an account may have, in a region or (`per` account) in all of them."""

    type: str
    name: str
    default: int
    per: str
    code: str
    source: str
    note: str = ""


QUOTAS = (
    Quota("aws_apigatewayv2_api", "HTTP APIs", 600, "region", "apigateway", "apigateway/latest/developerguide/limits"),
    Quota(
        "aws_cloudwatch_log_group",
        "log groups",
        1_000_000,
        "region",
        "logs",
        "AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl",
    ),
    Quota(
        "aws_cognito_user_pool", "user pools", 1_000, "region", "cognito-idp", "cognito/latest/developerguide/quotas"
    ),
    Quota(
        "aws_dynamodb_table",
        "tables",
        2_500,
        "region",
        "dynamodb",
        "amazondynamodb/latest/developerguide/ServiceQuotas",
    ),
    Quota("aws_iam_role", "roles", 1_000, "account", "iam", "IAM/latest/UserGuide/reference_iam-quotas"),
    Quota("aws_kms_key", "keys", 100_000, "region", "kms", "kms/latest/developerguide/resource-limits"),
    Quota(
        "aws_lambda_function",
        "concurrent executions",
        1_000,
        "region",
        "lambda",
        "lambda/latest/dg/gettingstarted-limits",
        "shared by all functions there; new accounts have less, and at least 100 stay unreserved",
    ),
    Quota("aws_sns_topic", "topics", 100_000, "region", "sns", "general/latest/gr/sns"),
)
# Parts of a resource above, counted with it or limited per API, key, topic or function: no quota of account or region.
PARTS = frozenset(
    {
        *("aws_apigatewayv2_authorizer", "aws_apigatewayv2_integration", "aws_apigatewayv2_route"),
        *("aws_apigatewayv2_stage", "aws_cognito_user_pool_client", "aws_iam_role_policy", "aws_kms_alias"),
        *("aws_lambda_alias", "aws_lambda_permission", "aws_sns_topic_policy", "aws_sns_topic_subscription"),
    }
)


def rows(region: str, resources: Iterable[Resource]) -> list[dict[str, Any]]:
    """Return the quotas that resources in a region count against: what they take, AWS's default, its source.

    Concurrent executions and the throttle are not taken by number: `takes` is None there.
    """
    counted = Counter(one.type for one in resources)
    found = [_row(quota, region, counted[quota.type]) for quota in QUOTAS if counted[quota.type]]
    if counted["aws_apigatewayv2_api"]:
        slow = region in SLOWER_API_REGIONS
        throttle = Quota(
            "aws_apigatewayv2_api",
            "requests a second",
            2_500 if slow else 10_000,
            "region",
            "apigateway",
            "apigateway/latest/developerguide/limits",
            f"burst {1_250 if slow else 5_000}; shared by all APIs there",
        )
        found.append({**_row(throttle, region, 0), "takes": None})
    return found


def unknown(types: Iterable[str]) -> list[str]:
    """Return the types whose quota is not known here, so that nobody takes their silence for plenty."""
    return sorted({*types} - {quota.type for quota in QUOTAS} - PARTS)


def lines(found: Iterable[dict[str, Any]]) -> list[str]:
    """Return the rows as lines for a person."""
    text = []
    for row in found:
        takes = f"{row['takes']} of " if row["takes"] is not None else ""
        note = f" ({row['note']})" if row["note"] else ""
        text.append(f"  quota         {takes}{row['default']:,} {row['name']} per {row['per']}{note}")
    return text


def _row(quota: Quota, region: str, count: int) -> dict[str, Any]:
    return {
        "type": quota.type,
        "name": quota.name,
        "takes": None if quota.name == "concurrent executions" else count,
        "default": quota.default,
        "per": quota.per,
        "note": quota.note,
        "source": f"{DOCS}/{quota.source}.html",
        "own_value": OWN_VALUES.format(code=quota.code, region=region),
    }
