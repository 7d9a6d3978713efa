"""Faults in one region of a running deployment; the end of the block undoes them."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from meridian.targets import Target

Fault = Callable[[Target, str], AbstractContextManager[None]]
STAGE = ("AccessLogSettings", "AutoDeploy", "DefaultRouteSettings", "RouteSettings", "StageName", "Tags")


@contextmanager
def route_without_authorizer(target: Target, region: str) -> Iterator[None]:
    """GET /greet has no authorizer."""
    gateway, api = _api(target, region)
    route = next(r for r in gateway.get_routes(ApiId=api)["Items"] if r["RouteKey"] == "GET /greet")
    same = {"ApiId": api, "RouteId": route["RouteId"]}
    with ExitStack() as undo:
        undo.callback(gateway.update_route, **same, AuthorizationType="JWT", AuthorizerId=route["AuthorizerId"])
        gateway.update_route(**same, AuthorizationType="NONE")
        yield


@contextmanager
def route_of_no_check(target: Target, region: str) -> Iterator[None]:
    """POST /orders reaches the function, and no check calls it."""
    gateway, api = _api(target, region)
    like = next(r for r in gateway.get_routes(ApiId=api)["Items"] if r["RouteKey"] == "GET /greet")
    same = {name: like[name] for name in ("AuthorizationType", "AuthorizerId", "Target")}
    route = gateway.create_route(ApiId=api, RouteKey="POST /orders", **same)["RouteId"]
    with ExitStack() as undo:
        undo.callback(gateway.delete_route, ApiId=api, RouteId=route)
        yield


@contextmanager
def wrong_audience(target: Target, region: str) -> Iterator[None]:
    """The authorizer accepts the tokens of another client."""
    gateway, api = _api(target, region)
    authorizer = gateway.get_authorizers(ApiId=api)["Items"][0]
    same = {"ApiId": api, "AuthorizerId": authorizer["AuthorizerId"]}
    wanted = authorizer["JwtConfiguration"]
    with ExitStack() as undo:
        undo.callback(gateway.update_authorizer, **same, JwtConfiguration=wanted)
        gateway.update_authorizer(**same, JwtConfiguration=wanted | {"Audience": ["another"]})
        yield


@contextmanager
def region_down(target: Target, region: str) -> Iterator[None]:
    """The region's API has no stage any more: nothing answers there."""
    gateway, api = _api(target, region)
    stage = gateway.get_stage(ApiId=api, StageName="$default")
    with ExitStack() as undo:
        gateway.delete_stage(ApiId=api, StageName="$default")
        undo.callback(gateway.create_stage, ApiId=api, **{name: stage[name] for name in STAGE if name in stage})
        yield


@contextmanager
def refused_subscription(target: Target, region: str) -> Iterator[None]:
    """The topic's policy refuses every subscriber."""
    sns = target.client("sns", region)
    topic = f"arn:aws:sns:{region}:{target.environment.account_id}:{target.environment.prefix}-verification"
    wanted = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    policy = json.loads(wanted)
    refusal = {"Effect": "Deny", "Principal": "*", "Action": "sns:Subscribe", "Resource": topic}
    policy["Statement"].append(refusal)
    same = {"TopicArn": topic, "AttributeName": "Policy"}
    with ExitStack() as undo:
        undo.callback(sns.set_topic_attributes, **same, AttributeValue=wanted)
        sns.set_topic_attributes(**same, AttributeValue=json.dumps(policy))
        yield


@contextmanager
def wrong_table(target: Target, region: str) -> Iterator[None]:
    """The function of alias `live` writes to a table of another name, and its role allows it."""
    prefix = target.environment.prefix
    function, other = {"FunctionName": f"{prefix}-greet"}, f"{prefix}-elsewhere"
    dynamodb, functions, iam = target.client("dynamodb", region), target.client("lambda", region), target.client("iam")
    with ExitStack() as undo:
        like = dynamodb.describe_table(TableName=f"{prefix}-greetings")["Table"]
        keys = {name: like[name] for name in ("KeySchema", "AttributeDefinitions")}
        made = dynamodb.create_table(TableName=other, BillingMode="PAY_PER_REQUEST", **keys)["TableDescription"]
        undo.callback(dynamodb.delete_table, TableName=other)
        allowed = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": made["TableArn"]}
        policy = {"RoleName": f"{prefix}-greet-{region}", "PolicyName": "elsewhere"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(**policy, PolicyDocument=document)
        undo.callback(iam.delete_role_policy, **policy)
        wanted = functions.get_function_configuration(**function)["Environment"]["Variables"]
        before = functions.get_alias(**function, Name="live")["FunctionVersion"]
        functions.update_function_configuration(**function, Environment={"Variables": wanted | {"TABLE_NAME": other}})
        version = functions.publish_version(**function)["Version"]
        undo.callback(functions.delete_function, **function, Qualifier=version)
        undo.callback(functions.update_function_configuration, **function, Environment={"Variables": wanted})
        functions.update_alias(**function, Name="live", FunctionVersion=version)
        undo.callback(functions.update_alias, **function, Name="live", FunctionVersion=before)
        yield


def _api(target: Target, region: str) -> tuple[Any, str]:
    gateway = target.client("apigatewayv2", region)
    name = f"{target.environment.prefix}-api"
    return gateway, next(api["ApiId"] for api in gateway.get_apis()["Items"] if api["Name"] == name)
