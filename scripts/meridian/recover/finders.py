"""Finds what exists already although no state knows it: for each resource type, its import id."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from meridian.recover.resources import Resource, answer, has_default_policy
from meridian.targets import Target


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


def _replica(scene: Scene, after: Values) -> str:
    """Return the id of a table in the unit's region that is a replica: one of its own is not imported."""
    first, _, name = str(after.get("global_table_arn") or "").rpartition("/")
    found = answer(lambda: scene.client("dynamodb").describe_table(TableName=name)) if name else None
    return f"{name}:{first.split(':')[3]}" if found and found["Table"].get("Replicas") else ""


def _key(scene: Scene, _: Values) -> str:
    """Return the orphaned key that is in use (its alias points to it, the table has it), else the first one."""
    used = [one.about.get("TargetKeyId") for one in scene.orphans if one.type == "aws_kms_alias"]
    for table in (one.id for one in scene.orphans if one.type == "aws_dynamodb_table"):
        found = answer(lambda name=table: scene.client("dynamodb").describe_table(TableName=name))  # type: ignore[misc]
        used.append(((found or {}).get("Table", {}).get("SSEDescription") or {}).get("KMSMasterKeyArn", ""))
    keys = [one.id for one in scene.orphans if one.type == "aws_kms_key"]
    return next((key for key in keys if any(use and use.endswith(key) for use in used)), keys[0] if keys else "")


def _by(attribute: str, ask: Callable[[Scene, str], object]) -> Find:
    """Return a finder for a type that is imported by one of its attributes; `ask` asks AWS for it."""

    def find(scene: Scene, after: Values) -> str:
        value = after.get(attribute)
        return str(value) if value and answer(lambda: ask(scene, str(value))) else ""

    return find


def _topic(scene: Scene, after: Values) -> str:
    arn = _arn(scene, "sns", str(after.get("name", "")))
    found = _attributes(scene, arn) if after.get("name") else {}
    # The gate refuses a topic with the policy that SNS gives it; the apply adopts it, because CreateTopic returns it.
    return arn if found and not has_default_policy(found) else ""


def _topic_policy(scene: Scene, _: Values) -> str:
    topic = scene.only("aws_sns_topic")
    found = _attributes(scene, topic) if topic else {}
    # Every topic has a policy; the one that SNS gives it is replaced, not imported.
    return topic if found and not has_default_policy(found) else ""


def _attributes(scene: Scene, topic: str) -> Mapping[str, Any]:
    found = answer(lambda: scene.client("sns").get_topic_attributes(TopicArn=topic))
    return found["Attributes"] if found else {}


def _arn(scene: Scene, service: str, name: str, region: str | None = None) -> str:
    environment = scene.target.environment
    where = scene.region if region is None else region
    return f"arn:{environment.partition}:{service}:{where}:{environment.account_id}:{name}"


def _subscription(scene: Scene, after: Values) -> str:
    topic = after.get("topic_arn") or scene.only("aws_sns_topic")
    if not topic:
        return ""
    pages = scene.client("sns").get_paginator("list_subscriptions_by_topic")
    same = after.get("protocol"), after.get("endpoint")
    entries = (
        entry for page in answer(lambda: list(pages.paginate(TopicArn=topic))) or () for entry in page["Subscriptions"]
    )
    arns = (one["SubscriptionArn"] for one in entries if (one["Protocol"], one["Endpoint"]) == same)
    # Until it is confirmed it has no ARN; Subscribe then returns the same one again.
    return next((arn for arn in arns if arn.startswith("arn:")), "")


def _log_group(scene: Scene, name: str) -> bool:
    groups = scene.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(one["logGroupName"] == name for one in groups)


def _budget(scene: Scene, after: Values) -> str:
    account, name = scene.target.environment.account_id, after.get("name")
    ask = scene.client("budgets").describe_budget
    return f"{account}:{name}" if name and answer(lambda: ask(AccountId=account, BudgetName=name)) else ""


def _policy(scene: Scene, after: Values) -> str:
    arn = _arn(scene, "iam", f"policy{after.get('path') or '/'}{after.get('name')}", region="")
    return arn if after.get("name") and answer(lambda: scene.client("iam").get_policy(PolicyArn=arn)) else ""


def _provider(scene: Scene, after: Values) -> str:
    arn = _arn(scene, "iam", f"oidc-provider/{str(after.get('url')).removeprefix('https://')}", region="")
    ask = scene.client("iam").get_open_id_connect_provider
    return arn if after.get("url") and answer(lambda: ask(OpenIDConnectProviderArn=arn)) else ""


def _role_policy(scene: Scene, after: Values) -> str:
    role, name = after.get("role") or scene.only("aws_iam_role"), after.get("name")
    found = role and name and answer(lambda: scene.client("iam").get_role_policy(RoleName=role, PolicyName=name))
    return f"{role}:{name}" if found else ""


def _queue(scene: Scene, after: Values) -> str:
    name = after.get("name")
    found = name and answer(lambda: scene.client("sqs").get_queue_url(QueueName=name))
    return str(found["QueueUrl"]) if found else ""


def _bucket(scene: Scene, name: str) -> bool:
    # Names are global: a call for the bucket of another account is refused.
    return any(one["Name"] == name for one in scene.client("s3").list_buckets()["Buckets"])


def _function_alias(scene: Scene, after: Values) -> str:
    function, name = after.get("function_name"), after.get("name")
    found = function and name and answer(lambda: scene.client("lambda").get_alias(FunctionName=function, Name=name))
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
    name = after.get("name")
    return scene.orphan("aws_apigatewayv2_api", name) if name else ""


def _part(listed: str, identity: str, same: Callable[[Values, Values], bool]) -> Find:
    """Return a finder for a part of the unit's API: the call that lists it, its id, and what makes two the same."""

    def find(scene: Scene, after: Values) -> str:
        api = scene.only("aws_apigatewayv2_api")
        items = (answer(lambda: getattr(scene.client("apigatewayv2"), listed)(ApiId=api)) or {}) if api else {}
        found = next((one[identity] for one in items.get("Items", ()) if same(one, after)), "")
        return f"{api}/{found}" if found else ""

    return find


def _mapping(scene: Scene, after: Values) -> str:
    name = after.get("domain_name")
    found = name and answer(lambda: scene.client("apigatewayv2").get_api_mappings(DomainName=name))
    ids = [one["ApiMappingId"] for one in found["Items"] if one["ApiId"] == after.get("api_id")] if found else []
    return f"{ids[0]}/{name}" if ids else ""


def _zone(scene: Scene, after: Values) -> str:
    name = after.get("name")
    found = name and answer(lambda: scene.client("route53").list_hosted_zones_by_name(DNSName=name))
    # Route 53 makes a second zone of the same name; the comment names the environment.
    same = f"{name}.", after.get("comment")
    zones = found["HostedZones"] if found else ()
    ids = [one["Id"] for one in zones if (one["Name"], one["Config"].get("Comment")) == same]
    return ids[0].rpartition("/")[2] if ids else ""


def _secret(scene: Scene, after: Values) -> str:
    name = after.get("name")
    found = name and answer(lambda: scene.client("secretsmanager").describe_secret(SecretId=name))
    return str(found["ARN"]) if found else ""


def _distribution(scene: Scene, after: Values) -> str:
    wanted = set(after.get("aliases") or ())
    pages = wanted and answer(lambda: list(scene.client("cloudfront").get_paginator("list_distributions").paginate()))
    made = (one for page in pages or () for one in page.get("DistributionList", {}).get("Items", ()))
    # An alternate name belongs to one distribution only.
    return next((str(one["Id"]) for one in made if wanted & set(one["Aliases"].get("Items", ()))), "")


def _firewall(scene: Scene, after: Values) -> str:
    name, scope = after.get("name"), after.get("scope")
    found = name and answer(lambda: scene.client("wafv2").list_web_acls(Scope=scope, Limit=100))
    ids = [one["Id"] for one in found["WebACLs"] if one["Name"] == name] if found else []
    return f"{ids[0]}/{name}/{scope}" if ids else ""


def _record(scene: Scene, after: Values) -> str:
    zone, name, kind = (str(after.get(key) or "") for key in ("zone_id", "name", "type"))
    if not (zone and name and kind):
        return ""
    ask = scene.client("route53").list_resource_record_sets
    found = answer(lambda: ask(HostedZoneId=zone, StartRecordName=name, StartRecordType=kind))
    same = f"{name.rstrip('.')}.", kind, after.get("set_identifier") or None
    records = found["ResourceRecordSets"] if found else ()
    there = any((one["Name"], one["Type"], one.get("SetIdentifier")) == same for one in records)
    return "_".join(part for part in (zone, name.rstrip("."), kind, same[2]) if part) if there else ""


def _certificate(scene: Scene, after: Values) -> str:
    name = after.get("domain_name")
    return scene.orphan("aws_acm_certificate", name) if name else ""


def _health_check(scene: Scene, after: Values) -> str:
    same = (after.get("type"), after.get("fqdn") or None)
    names = ("", (after.get("tags") or {}).get("Name"))
    checks = (one for one in scene.orphans if one.type == "aws_route53_health_check" and one.name in names)
    found = ((one.id, (one.about["Type"], one.about.get("FullyQualifiedDomainName"))) for one in checks)
    return next((identity for identity, watched in found if watched == same), "")


def _pool(scene: Scene, after: Values) -> str:
    named: Iterable[str] = (one.id for one in scene.orphans if one.type == "aws_cognito_user_pool")
    pools = scene.client("cognito-idp")
    return next(
        (id_ for id_ in named if pools.describe_user_pool(UserPoolId=id_)["UserPool"]["Name"] == after.get("name")), ""
    )


def _pool_client(scene: Scene, after: Values) -> str:
    pool = scene.only("aws_cognito_user_pool")
    if not pool:
        return ""
    clients = scene.client("cognito-idp").list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    return next((f"{pool}/{one['ClientId']}" for one in clients if one["ClientName"] == after.get("name")), "")


FINDERS: dict[str, Find] = {
    "aws_kms_key": _key,
    "aws_kms_alias": _by("name", lambda scene, name: scene.client("kms").describe_key(KeyId=name)),
    "aws_dynamodb_table": _by("name", lambda scene, name: scene.client("dynamodb").describe_table(TableName=name)),
    "aws_dynamodb_table_replica": _replica,
    "aws_dynamodb_resource_policy": _by(
        "resource_arn", lambda scene, arn: scene.client("dynamodb").get_resource_policy(ResourceArn=arn)
    ),
    "aws_s3_bucket": _by("bucket", _bucket),
    "aws_sqs_queue": _queue,
    "aws_sns_topic": _topic,
    "aws_sns_topic_policy": _topic_policy,
    "aws_sns_topic_subscription": _subscription,
    "aws_cognito_user_pool": _pool,
    "aws_cognito_user_pool_client": _pool_client,
    "aws_budgets_budget": _budget,
    "aws_secretsmanager_secret": _secret,
    "aws_wafv2_web_acl": _firewall,
    "aws_cloudfront_distribution": _distribution,
    "aws_cloudfront_function": _by("name", lambda scene, name: scene.client("cloudfront").describe_function(Name=name)),
    "aws_cloudfront_key_value_store": _by(
        "name", lambda scene, name: scene.client("cloudfront").describe_key_value_store(Name=name)
    ),
    "aws_cloudwatch_log_group": _by("name", _log_group),
    "aws_cloudwatch_metric_alarm": _by(
        "alarm_name", lambda scene, name: scene.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    ),
    "aws_iam_openid_connect_provider": _provider,
    "aws_iam_policy": _policy,
    "aws_iam_role": _by("name", lambda scene, name: scene.client("iam").get_role(RoleName=name)),
    "aws_iam_role_policy": _role_policy,
    "aws_lambda_function": _by(
        "function_name", lambda scene, name: scene.client("lambda").get_function(FunctionName=name)
    ),
    "aws_lambda_alias": _function_alias,
    "aws_lambda_permission": _permission,
    "aws_apigatewayv2_api": _api,
    "aws_apigatewayv2_domain_name": _by(
        "domain_name", lambda scene, name: scene.client("apigatewayv2").get_domain_name(DomainName=name)
    ),
    "aws_apigatewayv2_api_mapping": _mapping,
    "aws_acm_certificate": _certificate,
    "aws_route53_health_check": _health_check,
    "aws_route53_zone": _zone,
    "aws_route53_record": _record,
    "aws_apigatewayv2_authorizer": _part(
        "get_authorizers", "AuthorizerId", lambda one, after: one["Name"] == after.get("name")
    ),
    "aws_apigatewayv2_integration": _part("get_integrations", "IntegrationId", lambda _, __: True),
    "aws_apigatewayv2_route": _part(
        "get_routes", "RouteId", lambda one, after: one["RouteKey"] == after.get("route_key")
    ),
    "aws_apigatewayv2_stage": _part(
        "get_stages", "StageName", lambda one, after: one["StageName"] == after.get("name")
    ),
}
"""How to find what exists already, by type; a whole comes before its parts."""

NEEDS_NONE = {
    "aws_acm_certificate_validation": "it only waits",
    "aws_cloudwatch_composite_alarm": "a call by its name makes or replaces it",
    "aws_cloudwatch_dashboard": "a call by its name makes or replaces it",
    "aws_cloudwatch_log_metric_filter": "a call by its name makes or replaces it",
    "aws_iam_role_policy_attachment": "attaching a policy again changes nothing",
    "aws_kms_key_policy": "every key has a policy, and the apply replaces it",
    "aws_s3_bucket_lifecycle_configuration": "a setting of its bucket, which the apply replaces",
    "aws_s3_bucket_ownership_controls": "a setting of its bucket, which the apply replaces",
    "aws_s3_bucket_policy": "a setting of its bucket, which the apply replaces",
    "aws_s3_bucket_public_access_block": "a setting of its bucket, which the apply replaces",
    "aws_s3_bucket_server_side_encryption_configuration": "a setting of its bucket, which the apply replaces",
    "aws_s3_bucket_versioning": "a setting of its bucket, which the apply replaces",
    "aws_sqs_queue_policy": "a setting of its queue, which the apply replaces",
    "aws_wafv2_web_acl_association": "associating a firewall again changes nothing",
    "aws_wafv2_web_acl_logging_configuration": "a setting of its firewall, which the apply replaces",
}
"""The types that a module may declare and that need no import, each with the reason."""
