"""Matches what a unit's plan would create with what exists already, and so what has to be imported."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from meridian.plans.plan_json import Plan
from meridian.recover.resources import Resource, answer, has_default_policy
from meridian.targets import Target


@dataclass(frozen=True)
class Import:
    """A real resource, and the address in a unit under which a state has to know it."""

    unit: str
    address: str
    id: str


@dataclass
class Scene:
    """What is known of a unit while its plan is matched; `ids` are import ids by type, also those of its state."""

    target: Target
    region: str
    orphans: Sequence[Resource]
    ids: dict[str, list[str]] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return a client in the unit's region."""
        return self.target.client(service, self.region)

    def only(self, kind: str) -> str:
        """Return the id of the unit's one resource of a type; empty if it has none or several."""
        ids = self.ids.get(kind, [])
        return ids[0] if len(ids) == 1 else ""

    def orphan(self, kind: str, name: str = "") -> str:
        """Return the id of the first orphan of a type, and of a name if one is given."""
        return next((one.id for one in self.orphans if one.type == kind and name in ("", one.name)), "")


Values = Mapping[str, Any]
Find = Callable[[Scene, Values], str]
"""Returns the import id of what exists already, or an empty string."""


def match_plan(scene: Scene, unit: str, plan: Plan) -> list[Import]:
    """Return what to import into a unit: each planned create whose real resource exists."""
    for entry in plan.changes:
        before = entry["change"].get("before")
        if entry["mode"] == "managed" and isinstance(before, Mapping) and before.get("id"):
            scene.ids.setdefault(entry["type"], []).append(str(before["id"]))
    found = []
    creates = [one for one in plan.changes if one["mode"] == "managed" and one["change"]["actions"] == ["create"]]
    for kind, find in FINDERS.items():
        for entry in (one for one in creates if one["type"] == kind):
            if identity := find(scene, entry["change"]["after"]):
                found.append(Import(unit, str(entry["address"]), identity))
                # The id of a part names what it is a part of, too.
                scene.ids.setdefault(kind, []).append(identity)
    return found


def _key(scene: Scene, _: Values) -> str:
    """Return the orphaned key that is in use (its alias points to it, the table has it), else the first one."""
    used = [one.about.get("TargetKeyId") for one in scene.orphans if one.type == "aws_kms_alias"]
    for table in (one.id for one in scene.orphans if one.type == "aws_dynamodb_table"):
        found = answer(lambda name=table: scene.client("dynamodb").describe_table(TableName=name))  # type: ignore[misc]
        used.append(((found or {}).get("Table", {}).get("SSEDescription") or {}).get("KMSMasterKeyArn", ""))
    keys = [one.id for one in scene.orphans if one.type == "aws_kms_key"]
    return next((key for key in keys if any(use and use.endswith(key) for use in used)), keys[0] if keys else "")


def _alias(scene: Scene, after: Values) -> str:
    return str(after["name"]) if answer(lambda: scene.client("kms").describe_key(KeyId=after["name"])) else ""


def _table(scene: Scene, after: Values) -> str:
    found = answer(lambda: scene.client("dynamodb").describe_table(TableName=after["name"]))
    return str(after["name"]) if found else ""


def _topic(scene: Scene, after: Values) -> str:
    environment = scene.target.environment
    arn = f"arn:{environment.partition}:sns:{scene.region}:{environment.account_id}:{after['name']}"
    found = answer(lambda: scene.client("sns").get_topic_attributes(TopicArn=arn))
    # The gate refuses a topic with the policy that SNS gives it; the apply adopts it, because CreateTopic returns it.
    return arn if found and not has_default_policy(found["Attributes"]) else ""


def _topic_policy(scene: Scene, _: Values) -> str:
    topic = scene.only("aws_sns_topic")
    found = topic and answer(lambda: scene.client("sns").get_topic_attributes(TopicArn=topic))
    # Every topic has a policy; the one that SNS gives it is replaced, not imported.
    return topic if found and not has_default_policy(found["Attributes"]) else ""


def _log_group(scene: Scene, after: Values) -> str:
    groups = scene.client("logs").describe_log_groups(logGroupNamePrefix=after["name"])["logGroups"]
    return str(after["name"]) if any(one["logGroupName"] == after["name"] for one in groups) else ""


def _role(scene: Scene, after: Values) -> str:
    return str(after["name"]) if answer(lambda: scene.client("iam").get_role(RoleName=after["name"])) else ""


def _role_policy(scene: Scene, after: Values) -> str:
    role, name = after.get("role") or scene.only("aws_iam_role"), after["name"]
    found = role and answer(lambda: scene.client("iam").get_role_policy(RoleName=role, PolicyName=name))
    return f"{role}:{name}" if found else ""


def _function(scene: Scene, after: Values) -> str:
    name = after["function_name"]
    return str(name) if answer(lambda: scene.client("lambda").get_function(FunctionName=name)) else ""


def _function_alias(scene: Scene, after: Values) -> str:
    function, name = after.get("function_name"), after["name"]
    found = function and answer(lambda: scene.client("lambda").get_alias(FunctionName=function, Name=name))
    return f"{function}/{name}" if found else ""


def _permission(scene: Scene, after: Values) -> str:
    function, qualifier, statement = after.get("function_name"), after.get("qualifier"), after.get("statement_id")
    if not function or not statement:
        return ""
    where = {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})
    found = answer(lambda: scene.client("lambda").get_policy(**where))
    if not found or all(one.get("Sid") != statement for one in json.loads(found["Policy"])["Statement"]):
        return ""
    return f"{function}:{qualifier}/{statement}" if qualifier else f"{function}/{statement}"


def _api(scene: Scene, after: Values) -> str:
    return scene.orphan("aws_apigatewayv2_api", after["name"])


def _part(listed: str, identity: str, same: Callable[[Values, Values], bool]) -> Find:
    """Return a finder for a part of the unit's API: the call that lists it, its id, and what makes two the same."""

    def find(scene: Scene, after: Values) -> str:
        api = scene.only("aws_apigatewayv2_api")
        items = (answer(lambda: getattr(scene.client("apigatewayv2"), listed)(ApiId=api)) or {}) if api else {}
        found = next((one[identity] for one in items.get("Items", ()) if same(one, after)), "")
        return f"{api}/{found}" if found else ""

    return find


def _pool(scene: Scene, after: Values) -> str:
    named: Iterable[str] = (one.id for one in scene.orphans if one.type == "aws_cognito_user_pool")
    pools = scene.client("cognito-idp")
    return next(
        (id_ for id_ in named if pools.describe_user_pool(UserPoolId=id_)["UserPool"]["Name"] == after["name"]), ""
    )


def _pool_client(scene: Scene, after: Values) -> str:
    pool = scene.only("aws_cognito_user_pool")
    if not pool:
        return ""
    clients = scene.client("cognito-idp").list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    return next((f"{pool}/{one['ClientId']}" for one in clients if one["ClientName"] == after["name"]), "")


FINDERS: dict[str, Find] = {
    "aws_kms_key": _key,
    "aws_kms_alias": _alias,
    "aws_dynamodb_table": _table,
    "aws_sns_topic": _topic,
    "aws_sns_topic_policy": _topic_policy,
    "aws_cognito_user_pool": _pool,
    "aws_cognito_user_pool_client": _pool_client,
    "aws_cloudwatch_log_group": _log_group,
    "aws_iam_role": _role,
    "aws_iam_role_policy": _role_policy,
    "aws_lambda_function": _function,
    "aws_lambda_alias": _function_alias,
    "aws_lambda_permission": _permission,
    "aws_apigatewayv2_api": _api,
    "aws_apigatewayv2_authorizer": _part(
        "get_authorizers", "AuthorizerId", lambda one, after: one["Name"] == after["name"]
    ),
    "aws_apigatewayv2_integration": _part("get_integrations", "IntegrationId", lambda _, __: True),
    "aws_apigatewayv2_route": _part("get_routes", "RouteId", lambda one, after: one["RouteKey"] == after["route_key"]),
    "aws_apigatewayv2_stage": _part("get_stages", "StageName", lambda one, after: one["StageName"] == after["name"]),
}
"""How to find what exists already, by type; a whole comes before its parts."""
