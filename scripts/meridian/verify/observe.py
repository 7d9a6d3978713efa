"""What AWS holds after the calls: items and messages. What could not be read is a NoAnswer, never empty."""

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from meridian.verify.aws import AWS_ERRORS, AwsError, describe_error, has_code, is_missing
from meridian.verify.deployment import Regional
from meridian.verify.findings import Finding, Rule
from meridian.verify.http import NoAnswer
from meridian.verify.run import Run

_RETENTION_SECONDS = 3600
_CONFIRMED_WITHIN_SECONDS = 15.0
_DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException")

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Items:
    """All items of one subject in one region's table."""

    table: str
    items: tuple[Item, ...]

    def with_id(self, greeting_id: str) -> tuple[Item, ...]:
        """Return the items with this sort key: one or none."""
        return tuple(item for item in self.items if item.get("greeting_id") == greeting_id)


@dataclass(frozen=True)
class MissingTable:
    """The table that the outputs name does not exist."""

    table: str


@dataclass(frozen=True)
class Messages:
    """The received messages: those of the user, and how many of a forged address and of others."""

    mine: tuple[Mapping[str, Any], ...]
    forged: int
    others: int
    waited: float
    """Seconds from the last call to the end of listening."""


Table = Items | MissingTable | NoAnswer
Tables = Mapping[str, Table]
"""The observed table of each region."""


def read_tables(run: Run, subject: str) -> dict[str, Table]:
    """Read one subject's items in every region; a region without outputs is a NoAnswer."""
    absent = {region: NoAnswer(reason.rstrip(".")) for region, reason in run.deployment.absent.items()}
    return {region: read_table(run, region, subject) for region in run.deployment.tables} | absent


def read_table(run: Run, region: str, subject: str) -> Table:
    """Read one subject's items in one region, with consistent reads."""
    name = run.deployment.tables[region]
    try:
        return Items(name, tuple(_query(run, region, name, subject)))
    except AWS_ERRORS as error:
        if is_missing(error):
            return MissingTable(name)
        return NoAnswer(f"table {name} could not be read: {describe_error(error)}")


def delete_items(run: Run, region: str, table: str, subject: str) -> None:
    """Delete all items of one subject; raises ClientError or BotoCoreError."""
    dynamodb = run.client("dynamodb", region)
    for item in _query(run, region, table, subject):
        key = {"subject": {"S": subject}, "greeting_id": {"S": str(item["greeting_id"])}}
        dynamodb.delete_item(TableName=table, Key=key)


def _query(run: Run, region: str, table: str, subject: str) -> list[Item]:
    deserialize = TypeDeserializer().deserialize
    pages = (
        run.client("dynamodb", region)
        .get_paginator("query")
        .paginate(
            TableName=table,
            KeyConditionExpression="subject = :subject",
            ExpressionAttributeValues={":subject": {"S": subject}},
            ConsistentRead=True,
        )
    )
    return [{name: deserialize(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def open_queue(run: Run, place: Regional) -> str | Finding:
    """Subscribe a temporary queue to the region's topic and return its URL, or a finding if that fails."""
    rule = Rule(place.region, "message")
    sqs = run.client("sqs", place.region)
    name = run.id.name
    _, partition, _, _, account, _ = place.topic_arn.split(":", 5)
    queue_arn = f"arn:{partition}:sqs:{place.region}:{account}:{name}"
    run.cleanup.add(place.region, f"Queue {name}", partial(_delete_queue, sqs, name))
    try:
        made = sqs.create_queue(QueueName=name, Attributes=_attributes(place, queue_arn), tags=run.id.tags)
    except AWS_ERRORS as error:
        return rule.unknown(f"No queue could be created: {describe_error(error)}.")
    return _subscribe(run, place, queue_arn, rule) or str(made["QueueUrl"])


def _delete_queue(sqs: Any, name: str) -> None:
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _subscribe(run: Run, place: Regional, queue_arn: str, rule: Rule) -> Finding | None:
    sns = run.client("sns", place.region)
    try:
        arn = sns.subscribe(
            TopicArn=place.topic_arn,
            Protocol="sqs",
            Endpoint=queue_arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        run.cleanup.add(place.region, f"Subscription {arn}", partial(sns.unsubscribe, SubscriptionArn=arn))
        begun = time.monotonic()
        while sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"].get("PendingConfirmation") == "true":
            run.raise_if_stopped()
            if time.monotonic() - begun > _CONFIRMED_WITHIN_SECONDS:
                return rule.unknown(f"The subscription to {place.topic_arn} was not confirmed.")
            time.sleep(0.5)
    except AWS_ERRORS as error:
        return _subscription_finding(place, error, rule)
    return None


def _subscription_finding(place: Regional, error: AwsError, rule: Rule) -> Finding:
    if is_missing(error):
        return rule.failed(f"Topic {place.topic_arn} does not exist: apply {place.region}/data.")
    if has_code(error, *_DENIED):
        return rule.failed(
            f"Topic {place.topic_arn} refused the subscription of a queue of its own account "
            f"({describe_error(error)}): its policy, or the role that verifies, probably lacks sns:Subscribe."
        )
    return rule.unknown(f"No queue could be subscribed to {place.topic_arn}: {describe_error(error)}.")


def _attributes(place: Regional, queue_arn: str) -> dict[str, str]:
    """Return the queue's attributes: only the topic sends, and each message is received once."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": place.topic_arn}},
    }
    return {
        "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        "SqsManagedSseEnabled": "true",
        "MessageRetentionPeriod": str(_RETENTION_SECONDS),
        "VisibilityTimeout": str(_RETENTION_SECONDS),
    }


def receive_messages(
    run: Run, region: str, queue_url: str, mine: str, forged: Collection[str], *, seconds: int
) -> Messages | NoAnswer:
    """Listen up to `seconds` for a message with the e-mail `mine`, then a little longer for a second one."""
    sqs = run.client("sqs", region)
    seen: dict[str, Mapping[str, Any]] = {}
    begun = time.monotonic()
    deadline = begun + seconds
    found = False
    while (left := deadline - time.monotonic()) > 0:
        run.raise_if_stopped()
        # After the expected message one long poll covers the rest of the time.
        wait = run.waits.quiet if found else max(1, min(5, round(left)))
        try:
            received = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        except AWS_ERRORS as error:
            return NoAnswer(f"the queue could not be read: {describe_error(error)}")
        # SQS may deliver one message twice, with the same id.
        seen |= {entry["MessageId"]: _parse_object(entry["Body"]) for entry in received.get("Messages", [])}
        if not found and any(message.get("email") == mine for message in seen.values()):
            found = True
            deadline = time.monotonic() + run.waits.quiet
    return Messages(
        mine=tuple(message for message in seen.values() if message.get("email") == mine),
        forged=sum(message.get("email") in forged for message in seen.values()),
        others=sum(message.get("email") not in {mine, *forged} for message in seen.values()),
        waited=time.monotonic() - begun,
    )


def _parse_object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
