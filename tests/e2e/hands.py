"""What a person changes by hand in one region of a running deployment, past Terraform."""

import json
from typing import Any

from meridian.targets import Target


def change_all(target: Target, region: str) -> None:
    """Change a tag, a role's policy, a throttle, a memory size and an audience; delete an alias and a topic."""
    prefix, account = target.environment.prefix, target.environment.account_id
    function = {"FunctionName": f"{prefix}-greet"}
    topic = f"arn:aws:sns:{region}:{account}:{prefix}-verification"
    set_memory(target, region, 512)
    _widen_policy(target, region)
    _change_api(target, region)
    table = f"arn:aws:dynamodb:{region}:{account}:table/{prefix}-greetings"
    target.client("dynamodb", region).tag_resource(ResourceArn=table, Tags=[{"Key": "Owner", "Value": "by-hand"}])
    target.client("lambda", region).delete_alias(**function, Name="live")
    target.client("sns", region).delete_topic(TopicArn=topic)


def set_memory(target: Target, region: str, size: int) -> None:
    """Give the function of a region another memory size."""
    name = f"{target.environment.prefix}-greet"
    target.client("lambda", region).update_function_configuration(FunctionName=name, MemorySize=size)


def _widen_policy(target: Target, region: str) -> None:
    iam = target.client("iam")
    policy = {"RoleName": f"{target.environment.prefix}-greet-{region}", "PolicyName": "function"}
    document: Any = iam.get_role_policy(**policy)["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    statement = next(one for one in document["Statement"] if one["Sid"] == "WriteGreetings")
    statement["Action"] = "dynamodb:*"
    iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))


def _change_api(target: Target, region: str) -> None:
    gateway = target.client("apigatewayv2", region)
    name = f"{target.environment.prefix}-api"
    api = next(one["ApiId"] for one in gateway.get_apis()["Items"] if one["Name"] == name)
    stage = gateway.get_stage(ApiId=api, StageName="$default")
    settings = stage["DefaultRouteSettings"] | {"ThrottlingRateLimit": 1000.0}
    gateway.update_stage(ApiId=api, StageName="$default", DefaultRouteSettings=settings)
    authorizer = gateway.get_authorizers(ApiId=api)["Items"][0]
    jwt = authorizer["JwtConfiguration"] | {"Audience": ["another"]}
    gateway.update_authorizer(ApiId=api, AuthorizerId=authorizer["AuthorizerId"], JwtConfiguration=jwt)
