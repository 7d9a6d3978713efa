"""A real resource of an environment, whether a state knows it, and the command that deletes it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from meridian.aws import error_code
from meridian.state.contents import StateObject
from meridian.targets import Target

DELETE = {
    "aws_acm_certificate": "acm delete-certificate --certificate-arn {id}",
    "aws_apigatewayv2_api": "apigatewayv2 delete-api --api-id {id}",
    "aws_cloudwatch_log_group": "logs delete-log-group --log-group-name {id}",
    "aws_cloudwatch_metric_alarm": "cloudwatch delete-alarms --alarm-names {id}",
    "aws_cognito_user_pool": "cognito-idp delete-user-pool --user-pool-id {id}",
    "aws_dynamodb_table": "dynamodb delete-table --table-name {id}",
    "aws_iam_openid_connect_provider": "iam delete-open-id-connect-provider --open-id-connect-provider-arn {id}",
    "aws_iam_policy": "iam delete-policy --policy-arn {id}",
    "aws_iam_role": "iam delete-role --role-name {id}",
    "aws_kms_alias": "kms delete-alias --alias-name {id}",
    "aws_kms_key": "kms schedule-key-deletion --key-id {id}",
    "aws_lambda_function": "lambda delete-function --function-name {id}",
    "aws_route53_health_check": "route53 delete-health-check --health-check-id {id}",
    "aws_s3_bucket": "s3 rb s3://{id}",
    "aws_sns_topic": "sns delete-topic --topic-arn {id}",
    "aws_sqs_queue": "sqs delete-queue --queue-url {id}",
}
ABSENT = ("NotFound", "NoSuchEntity", "NonExistent", "DoesNotExist", "404")
"""What is in the error codes of the services for a thing that does not exist."""


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


def find_orphans(resources: Iterable[Resource], states: Iterable[StateObject]) -> list[Resource]:
    """Return the resources that no state knows, without keys that are about to be deleted."""
    known: set[tuple[str, str]] = set()
    for state in states:
        region = state.unit.partition("/")[0]
        for attributes in state.attributes:
            known |= {(region, str(attributes[name])) for name in ("id", "arn") if attributes.get(name)}
            # AWS lists a replica as a table; its id in the state also names the region of the first one.
            known.add((region, str(attributes.get("global_table_arn")).rpartition("/")[2]))
    return [one for one in resources if (one.region, one.id) not in known and not one.about.get("DeletionDate")]


def has_default_policy(topic: Mapping[str, Any]) -> bool:
    """Return whether a topic, by its attributes, has only the policy that SNS gives it."""
    return "__default_policy_ID" in topic.get("Policy", "")


def is_adopted(resource: Resource) -> bool:
    """Return whether the next apply takes a resource over without an import."""
    return resource.type == "aws_sns_topic" and has_default_policy(resource.about)


def answer(call: Callable[[], Any]) -> Any:
    """Return what AWS answers, or None if there is no such thing."""
    try:
        return call()
    except ClientError as error:
        code = error_code(error)
        if any(sign in code for sign in ABSENT):
            return None
        raise
