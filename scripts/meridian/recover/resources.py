"""The resources of an environment as AWS has them: found by their tags, and by name where AWS does not list tags."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from meridian.errors import CouldNotTell
from meridian.state.contents import StateObject
from meridian.targets import Target

LOG_GROUPS = ("/aws/lambda/", "/aws/vendedlogs/")
# Service and kind of an ARN to Terraform's type, and how its import id is written.
TYPES: dict[tuple[str, str], str] = {
    ("dynamodb", "table"): "aws_dynamodb_table",
    ("kms", "key"): "aws_kms_key",
    ("lambda", "function"): "aws_lambda_function",
    ("cognito-idp", "userpool"): "aws_cognito_user_pool",
    ("logs", "log-group"): "aws_cloudwatch_log_group",
    ("sns", ""): "aws_sns_topic",
    ("apigateway", "apis"): "aws_apigatewayv2_api",
    ("iam", "role"): "aws_iam_role",
}
DELETE = {
    "aws_apigatewayv2_api": "apigatewayv2 delete-api --api-id {id}",
    "aws_cloudwatch_log_group": "logs delete-log-group --log-group-name {id}",
    "aws_cognito_user_pool": "cognito-idp delete-user-pool --user-pool-id {id}",
    "aws_dynamodb_table": "dynamodb delete-table --table-name {id}",
    "aws_iam_role": "iam delete-role --role-name {id}",
    "aws_kms_alias": "kms delete-alias --alias-name {id}",
    "aws_kms_key": "kms schedule-key-deletion --key-id {id}",
    "aws_lambda_function": "lambda delete-function --function-name {id}",
    "aws_sns_topic": "sns delete-topic --topic-arn {id}",
}


@dataclass(frozen=True)
class Resource:
    """A real resource that carries the environment's tags; `id` is the one that Terraform imports it by."""

    unit: str
    region: str
    type: str
    id: str
    name: str = ""
    about: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        """Return its type and name in one line."""
        return f"{self.type} {self.id}" + (f" ({self.name})" if self.name and self.name not in self.id else "")


def aws_command(target: Target, region: str, words: str) -> str:
    """Return a command of the AWS CLI that can be pasted."""
    endpoint = f"--endpoint-url {target.endpoint} " if target.endpoint else ""
    return f"aws {endpoint}--region {region} {words}"


def delete_command(target: Target, resource: Resource) -> str:
    """Return the command that deletes a resource, or an empty string for a type that is not known here."""
    words = DELETE.get(resource.type)
    return aws_command(target, resource.region, words.format(id=resource.id)) if words else ""


def find_resources(target: Target) -> list[Resource]:
    """Return every resource with the tags Project, Environment and Unit of this environment, sorted by unit.

    Raises CouldNotTell if AWS does not answer.
    """
    # A removed region may still hold what a broken run left.
    regions = [*target.environment.region_names, *target.environment.retired]
    try:
        with ThreadPoolExecutor() as pool:
            many = pool.map(lambda region: list(_in_region(target, region)), regions)
            found = [one for some in many for one in some] + list(_roles(target))
    except (ClientError, BotoCoreError) as error:
        raise CouldNotTell(
            f"{target.environment.name}: its resources cannot be listed: {error}",
            "Use credentials that may read tags, log groups, APIs, aliases and roles.",
        ) from error
    unique = {(one.region, one.type, one.id): one for one in found}
    return sorted(unique.values(), key=lambda one: (one.unit, one.type, one.id))


def find_orphans(resources: Iterable[Resource], states: Iterable[StateObject]) -> list[Resource]:
    """Return the resources that no state knows, without keys that are about to be deleted."""
    known: set[tuple[str, str]] = set()
    for state in states:
        region = state.unit.partition("/")[0]
        for attributes in state.attributes:
            known |= {(region, str(attributes[name])) for name in ("id", "arn") if attributes.get(name)}
    return [one for one in resources if (one.region, one.id) not in known and not one.about.get("DeletionDate")]


def has_default_policy(topic: Mapping[str, Any]) -> bool:
    """Return whether a topic, by its attributes, has only the policy that SNS gives it."""
    return "__default_policy_ID" in topic.get("Policy", "")


def is_adopted(resource: Resource) -> bool:
    """Return whether the next apply takes a resource over without an import."""
    return resource.type == "aws_sns_topic" and has_default_policy(resource.about)


def _tags(target: Target) -> dict[str, str]:
    environment = target.environment
    return {"Project": environment.prefix.removesuffix(f"-{environment.name}"), "Environment": environment.name}


def _unit(target: Target, tags: Mapping[str, str]) -> str:
    """Return the unit that the tags name; empty for a resource of another environment, or of none of its units."""
    ours = _tags(target).items() <= tags.items() and "Unit" in tags and "Region" in tags
    return f"{tags['Region']}/{tags['Unit']}" if ours else ""


def _in_region(target: Target, region: str) -> Iterator[Resource]:
    yield from _tagged(target, region)
    yield from _aliases(target, region)
    yield from _log_groups(target, region)
    yield from _apis(target, region)


def _tagged(target: Target, region: str) -> Iterator[Resource]:
    filters = [{"Key": name, "Values": [value]} for name, value in _tags(target).items()]
    pages = target.client("resourcegroupstaggingapi", region).get_paginator("get_resources")
    kms, sns = target.client("kms", region), target.client("sns", region)
    for page in pages.paginate(TagFilters=[*filters, {"Key": "Unit"}, {"Key": "Region", "Values": [region]}]):
        for entry in page["ResourceTagMappingList"]:
            unit = _unit(target, {tag["Key"]: tag["Value"] for tag in entry["Tags"]})
            found = read_arn(unit, region, entry["ResourceARN"])
            if found is None or not unit:
                continue
            about = {}
            if found.type == "aws_kms_key":
                about = kms.describe_key(KeyId=found.id)["KeyMetadata"]
            elif found.type == "aws_sns_topic":
                about = sns.get_topic_attributes(TopicArn=found.id)["Attributes"]
            yield Resource(found.unit, region, found.type, found.id, found.name, about)


def read_arn(unit: str, region: str, arn: str) -> Resource | None:
    """Return the resource that an ARN names; its type is the service for one that is not known here."""
    _, _, service, _, _, rest = arn.split(":", 5)
    kind, _, name = rest.lstrip("/").replace(":", "/", 1).partition("/")
    if service == "sns":
        return Resource(unit, region, "aws_sns_topic", arn, rest)
    known = TYPES.get((service, kind))
    if known is None or (service == "apigateway" and "/" in name):
        # A part of a thing that is listed itself, such as a stage of an API.
        return None if service == "apigateway" else Resource(unit, region, service, arn)
    return Resource(unit, region, known, name.removesuffix(":*"))


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


def _roles(target: Target) -> Iterator[Resource]:
    iam = target.client("iam")
    for page in iam.get_paginator("list_roles").paginate():
        for entry in page["Roles"]:
            name = entry["RoleName"]
            if not name.startswith(f"{target.environment.prefix}-"):
                continue
            tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=name)["Tags"]}
            if unit := _unit(target, tags):
                yield Resource(unit, unit.partition("/")[0], "aws_iam_role", name)


def answer(call: Callable[[], Any]) -> Any:
    """Return what AWS answers, or None if there is no such thing."""
    try:
        return call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if "NotFound" in code or code in {"NoSuchEntity", "404"}:
            return None
        raise
