"""Faults that are put into one region of a running deployment, and taken out again."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from meridian.targets import Target

Fault = Callable[[Target, str], AbstractContextManager[None]]
STAGE = ("AccessLogSettings", "AutoDeploy", "DefaultRouteSettings", "RouteSettings", "StageName", "Tags")


@contextmanager
def route_without_authorizer(target: Target, region: str) -> Iterator[None]:
    """GET /greet lets everybody through."""
    gateway, api = _api(target, region)
    route = next(r for r in gateway.get_routes(ApiId=api)["Items"] if r["RouteKey"] == "GET /greet")
    gateway.update_route(ApiId=api, RouteId=route["RouteId"], AuthorizationType="NONE")
    try:
        yield
    finally:
        gateway.update_route(
            ApiId=api, RouteId=route["RouteId"], AuthorizationType="JWT", AuthorizerId=route["AuthorizerId"]
        )


@contextmanager
def wrong_audience(target: Target, region: str) -> Iterator[None]:
    """The authorizer takes the tokens of another client."""
    gateway, api = _api(target, region)
    authorizer = gateway.get_authorizers(ApiId=api)["Items"][0]
    same = {"ApiId": api, "AuthorizerId": authorizer["AuthorizerId"]}
    wanted = authorizer["JwtConfiguration"]
    gateway.update_authorizer(**same, JwtConfiguration=wanted | {"Audience": ["another"]})
    try:
        yield
    finally:
        gateway.update_authorizer(**same, JwtConfiguration=wanted)


@contextmanager
def region_down(target: Target, region: str) -> Iterator[None]:
    """The region's API has no stage any more: nothing answers there."""
    gateway, api = _api(target, region)
    stage = gateway.get_stage(ApiId=api, StageName="$default")
    gateway.delete_stage(ApiId=api, StageName="$default")
    try:
        yield
    finally:
        gateway.create_stage(ApiId=api, **{name: stage[name] for name in STAGE if name in stage})


@contextmanager
def nobody_may_subscribe(target: Target, region: str) -> Iterator[None]:
    """The topic's policy refuses every subscriber."""
    sns = target.client("sns", region)
    topic = f"arn:aws:sns:{region}:{target.environment.account_id}:{target.environment.prefix}-verification"
    wanted = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    policy = json.loads(wanted)
    refusal = {"Effect": "Deny", "Principal": "*", "Action": "sns:Subscribe", "Resource": topic}
    policy["Statement"].append(refusal)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
    try:
        yield
    finally:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=wanted)


@contextmanager
def wrong_table(target: Target, region: str) -> Iterator[None]:
    """The function of alias `live` writes to a table of another name, and its role lets it."""
    prefix = target.environment.prefix
    other = f"{prefix}-elsewhere"
    names = {"RoleName": f"{prefix}-greet-{region}", "PolicyName": "elsewhere"}
    dynamodb, iam = target.client("dynamodb", region), target.client("iam")
    arn = _table_like(dynamodb, f"{prefix}-greetings", other)
    allowed = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": arn}
    iam.put_role_policy(**names, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    try:
        with _live_function_with(target.client("lambda", region), f"{prefix}-greet", {"TABLE_NAME": other}):
            yield
    finally:
        iam.delete_role_policy(**names)
        dynamodb.delete_table(TableName=other)


@contextmanager
def _live_function_with(functions: Any, name: str, changed: dict[str, str]) -> Iterator[None]:
    """Point alias `live` to a version with other variables; remove that version afterwards."""
    wanted = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    before = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": wanted | changed})
    version = functions.publish_version(FunctionName=name)["Version"]
    try:
        functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
        yield
    finally:
        functions.update_alias(FunctionName=name, Name="live", FunctionVersion=before)
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": wanted})
        functions.delete_function(FunctionName=name, Qualifier=version)


def _api(target: Target, region: str) -> tuple[Any, str]:
    gateway = target.client("apigatewayv2", region)
    name = f"{target.environment.prefix}-api"
    return gateway, next(api["ApiId"] for api in gateway.get_apis()["Items"] if api["Name"] == name)


def _table_like(dynamodb: Any, name: str, other: str) -> str:
    """Make a table with the same keys as another, and return its ARN."""
    like = dynamodb.describe_table(TableName=name)["Table"]
    made = dynamodb.create_table(
        TableName=other,
        KeySchema=like["KeySchema"],
        AttributeDefinitions=like["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
    )
    return str(made["TableDescription"]["TableArn"])
