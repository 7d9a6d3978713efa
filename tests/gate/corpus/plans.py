"""Real plans of a protected environment with one value changed, as an inventory or a module's input would."""

import json
from collections.abc import Callable
from typing import Any

Path = tuple[str | int, ...]
Edit = tuple[str, str, Path, Any]
"""The plan, the resource's address, the path of the value, and the new value or what makes it of the old one."""


def swapped(old: str, new: str) -> Callable[[str], str]:
    """Return what replaces a text in a policy; the text must be there."""

    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return edit


def origins(*names: str) -> list[dict[str, Any]]:
    """Return a CORS block that allows these origins."""
    block = {"allow_credentials": False, "allow_headers": ["authorization"], "allow_methods": ["GET"]}
    return [{**block, "allow_origins": list(names), "expose_headers": None, "max_age": 300}]


def oidc(
    operator: str = "StringEquals", aud: str = "aud", sub: str = "repo:example-org/meridian:environment:prod"
) -> str:
    """Return a trust policy for tokens of GitHub's."""
    issuer = "token.actions.githubusercontent.com"
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::100000000003:oidc-provider/{issuer}"},
        "Condition": {operator: {f"{issuer}:{aud}": "sts.amazonaws.com"}, "StringLike": {f"{issuer}:sub": sub}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


API, STAGE, JWT = "aws_apigatewayv2_api.http", "aws_apigatewayv2_stage.default", "aws_apigatewayv2_authorizer.jwt"
ROLE, GRANTS, LAMBDA = "aws_iam_role.function", "aws_iam_role_policy.function", "aws_lambda_function.greet"
LOGS, ROUTE, INVOKE = "aws_cloudwatch_log_group.access", "aws_apigatewayv2_route.greet", "aws_lambda_permission.greet"
TABLE, TOPIC, KEY = "aws_dynamodb_table.greetings", "aws_sns_topic_policy.verification", "aws_kms_key.data"
POOL, CLIENT = "aws_cognito_user_pool.users", "aws_cognito_user_pool_client.app"
ISSUER: Path = ("jwt_configuration", 0, "issuer")
ARN = "arn:aws:execute-api:us-east-1:100000000003"

PUBLISH = (
    '"Action":"sns:Publish","Effect":"Allow","Resource":"arn:aws:sns:us-east-1:100000000003:greeter-prod-verification"'
)
DYNAMO = "arn:aws:dynamodb:us-east-1:100000000003"


def publish(resource: str, action: str) -> str:
    """Return a statement to stand for PUBLISH."""
    return f'"Action":"{action}","Effect":"Allow","Resource":"{resource}"'


BAD: dict[str, tuple[Edit, set[str]]] = {
    "every origin": (("compute", API, ("cors_configuration",), origins("*")), {"CKV_MRD_004"}),
    "an origin by http": (("compute", API, ("cors_configuration",), origins("http://a.example")), {"CKV_MRD_004"}),
    "the issuer of another pool": (
        ("compute", JWT, ISSUER, "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_another"),
        {"CKV_MRD_002"},
    ),
    "a mock where the pool is known": (
        ("compute", JWT, ISSUER, "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_meridianmock"),
        {"CKV_MRD_002"},
    ),
    "an open route": (("compute", ROUTE, ("authorization_type",), "NONE"), {"CKV_MRD_001", "CKV_AWS_309"}),
    "a route without its authorizer": (("compute", ROUTE, ("authorizer_id",), ""), {"CKV_MRD_001"}),
    "every method and path": (("compute", INVOKE, ("source_arn",), f"{ARN}:aa1d11d7/*"), {"CKV_MRD_003"}),
    "a throttle above the account's": (
        ("compute", STAGE, ("default_route_settings", 0, "throttling_rate_limit"), 20000),
        {"CKV_MRD_005"},
    ),
    "no throttle of a route": (
        ("compute", STAGE, ("route_settings", 0, "throttling_burst_limit"), 0),
        {"CKV_MRD_005"},
    ),
    "a month of logs where protected": (
        ("compute", LOGS, ("retention_in_days",), 30),
        {"CKV_MRD_015", "CKV_AWS_338"},
    ),
    "logs under no key": (("compute", LOGS, ("kms_key_id",), ""), {"CKV_AWS_158"}),
    "no concurrency reserved": (("compute", LAMBDA, ("reserved_concurrent_executions",), -1), {"CKV_MRD_016"}),
    "a role for tokens of any audience": (
        ("compute", ROLE, ("assume_role_policy",), oidc(aud="azp")),
        {"CKV_MRD_018"},
    ),
    "a role for every branch and pull request": (
        ("compute", ROLE, ("assume_role_policy",), oidc(sub="repo:example-org/meridian:*")),
        {"CKV_MRD_018"},
    ),
    "a role for every repository": (
        ("compute", ROLE, ("assume_role_policy",), oidc(sub="repo:*:environment:prod")),
        {"CKV_MRD_018", "CKV_AWS_393"},
    ),
    "a role passed to every service": (
        (
            "compute",
            GRANTS,
            ("policy",),
            swapped(
                PUBLISH,
                '"Action":"iam:PassRole","Effect":"Allow","Resource":"arn:aws:iam::100000000003:role/x",'
                '"Condition":{"StringLike":{"iam:PassedToService":"*"}}',
            ),
        ),
        {"CKV_MRD_019"},
    ),
    "a role for everybody": (
        ("compute", ROLE, ("assume_role_policy",), swapped('{"Service":"lambda.amazonaws.com"}', '"*"')),
        {"CKV_MRD_011", "CKV_MRD_018"},
    ),
    "a table that can be deleted": (("data", TABLE, ("deletion_protection_enabled",), False), {"CKV_MRD_010"}),
    "a topic for a service of any account": (
        ("data", TOPIC, ("policy",), swapped('"AWS":"arn:aws:iam::100000000003:root"', '"Service":"s3.amazonaws.com"')),
        {"CKV_MRD_024"},
    ),
    "a function of another account": (("compute", INVOKE, ("principal",), "210987654321"), {"CKV_MRD_003"}),
    "open sign-up": (
        ("identity", POOL, ("admin_create_user_config", 0, "allow_admin_create_user_only"), False),
        {"CKV_MRD_013"},
    ),
    "a pool that can be deleted": (("identity", POOL, ("deletion_protection",), "INACTIVE"), {"CKV_MRD_010"}),
    "passwords of eight": (("identity", POOL, ("password_policy", 0, "minimum_length"), 8), {"CKV_MRD_007"}),
    "an ID token of a day": (("identity", CLIENT, ("id_token_validity",), 1440), {"CKV_MRD_012"}),
    "an access token of 60 hours": (
        ("identity", CLIENT, ("token_validity_units", 0, "access_token"), "hours"),
        {"CKV_MRD_012"},
    ),
    "a policy with a variable of its own": (
        ("compute", GRANTS, ("policy",), swapped('"dynamodb:GetItem"', '"dynamodb:*","Sid":"${aws:username}"')),
        {"CKV_MRD_011"},
    ),
    "a role for pull requests": (
        ("compute", ROLE, ("assume_role_policy",), oidc(sub="repo:example-org/meridian:pull_request")),
        {"CKV_MRD_018"},
    ),
    "a role for another repository": (
        ("compute", ROLE, ("assume_role_policy",), oidc(sub="repo:another/meridian:ref:refs/heads/main")),
        {"CKV_MRD_018"},
    ),
    "a role for every environment": (
        ("compute", ROLE, ("assume_role_policy",), oidc(sub="repo:example-org/meridian:environment:*")),
        {"CKV_MRD_018"},
    ),
    "every header": (
        ("compute", API, ("cors_configuration",), [{**origins("https://a.example")[0], "allow_headers": ["*"]}]),
        {"CKV_MRD_004"},
    ),
    "a key for a bucket that is named like the account": (
        (
            "data",
            KEY,
            ("policy",),
            swapped(
                '{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:100000000003:*"},"StringEquals":{"aws:SourceAccount":"100000000003"}}',
                '{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::x-100000000003*"}}',
            ),
        ),
        {"CKV_MRD_024"},
    ),
    "a topic with a policy in itself": (
        (
            "data",
            "aws_sns_topic.verification",
            ("policy",),
            '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":'
            '"arn:aws:sns:us-east-1:100000000003:greeter-prod-verification"}]}',
        ),
        {"CKV_MRD_011", "CKV_MRD_020"},
    ),
}
GOOD: dict[str, Edit] = {
    "two named origins": ("compute", API, ("cors_configuration",), origins("https://a.example", "https://b.example")),
    "the account's own throttle": ("compute", STAGE, ("default_route_settings", 0, "throttling_rate_limit"), 10000),
    "logs for ever where protected": ("compute", LOGS, ("retention_in_days",), 0),
    "a role passed by name": (
        "compute",
        GRANTS,
        ("policy",),
        swapped(
            PUBLISH,
            '"Action":"iam:PassRole","Effect":"Allow","Resource":"arn:aws:iam::100000000003:role/x",'
            '"Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}',
        ),
    ),
    "a role for the release branches": (
        "compute",
        ROLE,
        ("assume_role_policy",),
        oidc(sub="repo:example-org/meridian:ref:refs/heads/release/*"),
    ),
    "the indexes of a table": (
        "compute",
        GRANTS,
        ("policy",),
        swapped(PUBLISH, publish(f"{DYNAMO}:table/x/index/*", "dynamodb:Query")),
    ),
    "the objects of a bucket": (
        "compute",
        GRANTS,
        ("policy",),
        swapped(PUBLISH, publish("arn:aws:s3:::greeter-prod/*", "s3:GetObject")),
    ),
}
