"""What AWS holds after the calls: items and messages. What could not be read is a NoAnswer, never empty."""

import json
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from meridian.verify.aws import AWS_ERRORS, describe_error, error_code, is_missing
from meridian.verify.deployment import Regional
from meridian.verify.findings import Result, Status
from meridian.verify.http import NoAnswer, parse_object
from meridian.verify.run import Resource, Run

_RETENTION_SECONDS = 3600
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"})

Item = Mapping[str, Any]
Message = Mapping[str, Any]
Items = list[Item] | NoAnswer
Messages = list[Message] | NoAnswer


def read_tables(run: Run, subject: str) -> dict[str, Items]:
    """Read one subject's items in every region; a region without outputs is a NoAnswer."""
    found: dict[str, Items] = {region: NoAnswer(reason) for region, reason in run.deployment.absent.items()}
    for region, table in run.deployment.tables.items():
        try:
            found[region] = _query(run, region, subject)
        except AWS_ERRORS as error:
            reason = f"table {table} could not be read: {describe_error(error)}"
            found[region] = NoAnswer(f"{reason}; apply {region}/data" if is_missing(error) else reason)
    return found


def delete_items(run: Run, region: str, subject: str) -> None:
    """Delete all items of one subject; raises ClientError or BotoCoreError."""
    dynamodb = run.client("dynamodb", region)
    for item in _query(run, region, subject):
        key = {"subject": {"S": subject}, "greeting_id": {"S": str(item["greeting_id"])}}
        dynamodb.delete_item(TableName=run.deployment.tables[region], Key=key)


def _query(run: Run, region: str, subject: str) -> list[Item]:
    deserialize = TypeDeserializer().deserialize
    pages = (
        run.client("dynamodb", region)
        .get_paginator("query")
        .paginate(
            TableName=run.deployment.tables[region],
            KeyConditionExpression="subject = :subject",
            ExpressionAttributeValues={":subject": {"S": subject}},
            ConsistentRead=True,
        )
    )
    return [{name: deserialize(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def open_queue(run: Run, place: Regional) -> str | Result:
    """Subscribe a temporary queue to the region's topic and return its URL, or the result if that fails."""
    sns, sqs = run.client("sns", place.region), run.client("sqs", place.region)
    name = run.name
    _, partition, _, _, account, _ = place.topic_arn.split(":", 5)
    queue_arn = f"arn:{partition}:sqs:{place.region}:{account}:{name}"
    run.created.append(Resource(place.region, f"Queue {name}", partial(_delete_queue, sqs, name)))
    tags = {"Purpose": "meridian-verify", "Run": run.digits, "Created": str(run.began)}
    try:
        made = sqs.create_queue(QueueName=name, Attributes=_attributes(place, queue_arn), tags=tags)
    except AWS_ERRORS as error:
        return Status.UNKNOWN, f"No queue could be created: {describe_error(error)}."
    try:
        arn = sns.subscribe(
            TopicArn=place.topic_arn,
            Protocol="sqs",
            Endpoint=queue_arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
    except AWS_ERRORS as error:
        return _subscription_failure(place, error)
    remove = partial(sns.unsubscribe, SubscriptionArn=arn)
    run.created.append(Resource(place.region, f"Subscription {arn}", remove))
    return str(made["QueueUrl"])


def _delete_queue(sqs: Any, name: str) -> None:
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _subscription_failure(place: Regional, error: Exception) -> Result:
    if is_missing(error):
        return Status.FAIL, f"Topic {place.topic_arn} does not exist: apply {place.region}/data."
    if error_code(error) in _DENIED:
        return Status.FAIL, (
            f"Topic {place.topic_arn} refused the subscription of a queue of its own account "
            f"({describe_error(error)}): its policy, or the role that verifies, probably lacks sns:Subscribe."
        )
    return Status.UNKNOWN, f"No queue could be subscribed to {place.topic_arn}: {describe_error(error)}."


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


def receive_messages(run: Run, region: str, queue_url: str, email: str) -> Messages:
    """Return all messages up to one with this e-mail, and those of a little longer: a second must not come."""
    sqs = run.client("sqs", region)
    seen: dict[str, Message] = {}
    deadline = time.monotonic() + run.waits.arrival
    while time.monotonic() < deadline:
        run.raise_if_stopped()
        try:
            received = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        except AWS_ERRORS as error:
            return NoAnswer(f"the queue could not be read: {describe_error(error)}")
        # SQS may deliver one message twice, with the same id.
        new = {entry["MessageId"]: parse_object(entry["Body"]) for entry in received.get("Messages", [])}
        seen |= new
        if any(message.get("email") == email for message in new.values()):
            deadline = time.monotonic() + run.waits.quiet
    return list(seen.values())
