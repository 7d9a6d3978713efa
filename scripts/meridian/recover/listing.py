"""Lists the resources of an environment as AWS has them: by their tags, and by name where AWS does not list tags."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from meridian.aws import AWS_ERRORS, is_denied
from meridian.console import say
from meridian.errors import CouldNotTell
from meridian.recover.resources import Resource
from meridian.targets import Target

LOG_GROUPS = ("/aws/lambda/", "/aws/vendedlogs/")
# Service and kind of an ARN to Terraform's type; the ARNs of topics, queues and buckets name no kind.
TYPES: dict[tuple[str, str], str] = {
    ("acm", "certificate"): "aws_acm_certificate",
    ("cloudwatch", "alarm"): "aws_cloudwatch_metric_alarm",
    ("dynamodb", "table"): "aws_dynamodb_table",
    ("kms", "key"): "aws_kms_key",
    ("lambda", "function"): "aws_lambda_function",
    ("cognito-idp", "userpool"): "aws_cognito_user_pool",
    ("logs", "log-group"): "aws_cloudwatch_log_group",
    ("iam", "oidc-provider"): "aws_iam_openid_connect_provider",
    ("iam", "policy"): "aws_iam_policy",
    ("s3", ""): "aws_s3_bucket",
    ("sns", ""): "aws_sns_topic",
    ("sqs", ""): "aws_sqs_queue",
    ("apigateway", "apis"): "aws_apigatewayv2_api",
    ("iam", "role"): "aws_iam_role",
}
BY_ARN = {("acm", "certificate"), ("iam", "oidc-provider"), ("iam", "policy")}
"""What Terraform imports by its ARN."""


def find_resources(target: Target) -> list[Resource]:
    """Return every resource with the tags Project, Environment and Unit of this environment, sorted by unit.

    Looks into removed regions too, as far as the credentials may, and with the copy of the states not into the primary
    one, which is lost. Raises CouldNotTell if AWS does not answer.
    """
    environment = target.environment
    regions = environment.region_names
    if environment.reads_copy:
        regions = tuple(region for region in regions if region != environment.primary_region)
        say(f"note: {environment.primary_region} is lost: not looked into.")
    try:
        with ThreadPoolExecutor() as pool:
            many = pool.map(lambda region: list(_in_region(target, region)), regions)
            gone = pool.map(lambda region: _in_retired(target, region), environment.retired)
            found = [one for some in (*many, *gone) for one in some]
            found += [*_of_iam(target), *_health_checks(target)]
    except AWS_ERRORS as error:
        raise CouldNotTell(
            f"{target.environment.name}: its resources cannot be listed: {error}",
            "Use credentials that may read tags, log groups, APIs, aliases, policies and roles.",
        ) from error
    unique = {(one.region, one.type, one.id): one for one in found}
    return sorted(unique.values(), key=lambda one: (one.unit, one.type, one.id))


def _tags(target: Target) -> dict[str, str]:
    environment = target.environment
    return {"Project": environment.prefix.removesuffix(f"-{environment.name}"), "Environment": environment.name}


def _unit(target: Target, tags: Mapping[str, str]) -> str:
    """Return the unit that the tags name; empty for a resource of another environment, or of none of its units."""
    ours = _tags(target).items() <= tags.items() and "Unit" in tags and "Region" in tags
    return f"{tags['Region']}/{tags['Unit']}" if ours else ""


def _in_retired(target: Target, region: str) -> list[Resource]:
    """Return what a broken run left in a removed region; the roles of pipelines may only read the others."""
    try:
        return list(_in_region(target, region))
    except ClientError as error:
        if not is_denied(error):
            raise
        say(f"note: {region} is retired, and these credentials may not read there: not looked into.")
        return []


def _in_region(target: Target, region: str) -> Iterator[Resource]:
    yield from _tagged(target, region)
    yield from _aliases(target, region)
    yield from _log_groups(target, region)
    yield from _apis(target, region)


def _tagged(target: Target, region: str) -> Iterator[Resource]:
    filters = [{"Key": name, "Values": [value]} for name, value in _tags(target).items()]
    pages = target.client("resourcegroupstaggingapi", region).get_paginator("get_resources")
    for page in pages.paginate(TagFilters=[*filters, {"Key": "Unit"}, {"Key": "Region", "Values": [region]}]):
        for entry in page["ResourceTagMappingList"]:
            unit = _unit(target, {tag["Key"]: tag["Value"] for tag in entry["Tags"]})
            found = read_arn(unit, region, entry["ResourceARN"])
            if found is not None and unit:
                yield _look_at(target, found)


def _look_at(target: Target, found: Resource) -> Resource:
    """Return a resource with what its ARN does not say."""
    if found.type == "aws_kms_key":
        return replace(found, about=target.client("kms", found.region).describe_key(KeyId=found.id)["KeyMetadata"])
    if found.type == "aws_acm_certificate":
        certificate = target.client("acm", found.region).describe_certificate(CertificateArn=found.id)["Certificate"]
        return replace(found, name=certificate["DomainName"])
    if found.type == "aws_sns_topic":
        topic = target.client("sns", found.region).get_topic_attributes(TopicArn=found.id)
        return replace(found, about=topic["Attributes"])
    if found.type == "aws_sqs_queue":
        # Terraform knows a queue by its URL.
        return replace(found, id=target.client("sqs", found.region).get_queue_url(QueueName=found.name)["QueueUrl"])
    return found


def read_arn(unit: str, region: str, arn: str) -> Resource | None:
    """Return the resource that an ARN names; its type is the service for one that is not known here."""
    _, _, service, _, _, rest = arn.split(":", 5)
    kind, _, name = rest.lstrip("/").replace(":", "/", 1).partition("/")
    if plain := TYPES.get((service, "")):
        return Resource(unit, region, plain, rest if service == "s3" else arn, rest)
    known = TYPES.get((service, kind))
    if known is None or (service == "apigateway" and "/" in name):
        # A part of a thing that is listed itself, such as a stage of an API.
        return None if service == "apigateway" else Resource(unit, region, service, arn)
    return Resource(unit, region, known, arn if (service, kind) in BY_ARN else name.removesuffix(":*"))


def _aliases(target: Target, region: str) -> Iterator[Resource]:
    """Yield the aliases of the environment's name; an alias has no tags, so its key's tags count."""
    kms, environment = target.client("kms", region), target.environment
    for page in kms.get_paginator("list_aliases").paginate():
        for entry in page["Aliases"]:
            name = entry["AliasName"]
            if not name.startswith(f"alias/{environment.prefix}-") or "TargetKeyId" not in entry:
                continue
            tags = kms.list_resource_tags(KeyId=entry["TargetKeyId"])["Tags"]
            if unit := _unit(target, {tag["TagKey"]: tag["TagValue"] for tag in tags}):
                yield Resource(unit, region, "aws_kms_alias", name, about=entry)


def _log_groups(target: Target, region: str) -> Iterator[Resource]:
    logs = target.client("logs", region)
    for prefix in LOG_GROUPS:
        pages = logs.get_paginator("describe_log_groups")
        for page in pages.paginate(logGroupNamePrefix=f"{prefix}{target.environment.prefix}-"):
            for entry in page["logGroups"]:
                tags = logs.list_tags_for_resource(resourceArn=entry["arn"].removesuffix(":*"))["tags"]
                if unit := _unit(target, tags):
                    yield Resource(unit, region, "aws_cloudwatch_log_group", entry["logGroupName"], about=entry)


def _apis(target: Target, region: str) -> Iterator[Resource]:
    for page in target.client("apigatewayv2", region).get_paginator("get_apis").paginate():
        for entry in page["Items"]:
            if unit := _unit(target, entry.get("Tags", {})):
                yield Resource(unit, region, "aws_apigatewayv2_api", entry["ApiId"], entry["Name"], entry)


def _of_iam(target: Target) -> Iterator[Resource]:
    """Yield roles, whose tags AWS does not list, and policies, whose tags it lists in one region only."""
    iam = target.client("iam")
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for entry in page["Policies"]:
            arn = entry["Arn"]
            if entry["PolicyName"].startswith(f"{target.environment.prefix}-"):
                tags = {tag["Key"]: tag["Value"] for tag in iam.list_policy_tags(PolicyArn=arn)["Tags"]}
                if unit := _unit(target, tags):
                    yield Resource(unit, unit.partition("/")[0], "aws_iam_policy", arn, entry["PolicyName"])
    for page in iam.get_paginator("list_roles").paginate():
        for entry in page["Roles"]:
            name = entry["RoleName"]
            if not name.startswith(f"{target.environment.prefix}-"):
                continue
            tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=name)["Tags"]}
            if unit := _unit(target, tags):
                yield Resource(unit, unit.partition("/")[0], "aws_iam_role", name)


def _health_checks(target: Target) -> Iterator[Resource]:
    """Yield the health checks of an environment with a domain; AWS lists their tags in one region only."""
    if not target.environment.settings.get("domain"):
        return
    route53 = target.client("route53")
    try:
        pages = list(route53.get_paginator("list_health_checks").paginate())
    except ClientError as error:
        if not is_denied(error):
            raise
        say("note: these credentials may not list health checks, a right of routing 1.1: not looked into.")
        return
    units: dict[str, str] = {}
    checks = [one for page in pages for one in page["HealthChecks"]]
    # One that counts others comes after them: without tags it is known by these.
    for one in sorted(checks, key=lambda check: check["HealthCheckConfig"]["Type"] == "CALCULATED"):
        asked = route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=one["Id"])
        tags = {tag["Key"]: tag["Value"] for tag in asked["ResourceTagSet"]["Tags"]}
        config = one["HealthCheckConfig"]
        if unit := _unit(target, tags) if tags else _watcher(target, config, units):
            units[one["Id"]] = unit
            region = unit.partition("/")[0]
            yield Resource(unit, region, "aws_route53_health_check", one["Id"], tags.get("Name", ""), config)


def _watcher(target: Target, config: Mapping[str, Any], units: Mapping[str, str]) -> str:
    """Return the unit of a health check without tags: a run was killed between the two calls that make one."""
    environment, alarm = target.environment, config.get("AlarmIdentifier") or {}
    region, _, name = config.get("FullyQualifiedDomainName", "").partition(".")
    if alarm.get("Name", "").startswith(f"{environment.prefix}-"):
        return f"{alarm['Region']}/routing"
    if name == environment.settings["domain"]["name"]:
        return f"{region}/routing"
    return next((units[child] for child in config.get("ChildHealthChecks", ()) if child in units), "")
