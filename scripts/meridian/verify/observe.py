"""What AWS holds after the calls: items and messages. What could not be read is a NoAnswer, never empty."""

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from meridian.aws import AWS_ERRORS, describe_error, is_denied
from meridian.verify.aws import is_missing
from meridian.verify.deployment import Regional
from meridian.verify.findings import Result, Status
from meridian.verify.http import NoAnswer, parse_object
from meridian.verify.run import Resource, Run

_RETENTION_SECONDS = 3600
_SECONDS_BETWEEN = 0.2

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


def read_replicas(
    run: Run, region: str, subject: str, greeting_id: str, since: float
) -> tuple[dict[str, Items], dict[str, float]]:
    """Read one subject's items in every region until all have a greeting, or the time is over.

    Also returns after how many seconds from `since` each region was first seen to have it.
    """
    seconds: dict[str, float] = {}
    deadline = time.monotonic() + run.waits.arrival
    while True:
        tables = read_tables(run, subject)
        took = time.monotonic() - since
        for name, items in tables.items():
            if not isinstance(items, NoAnswer) and any(one.get("greeting_id") == greeting_id for one in items):
                seconds.setdefault(name, took)
        missing = [name for name, items in tables.items() if not isinstance(items, NoAnswer) and name not in seconds]
        # Without the item in its own region there is nothing to wait for.
        if not missing or region in missing or time.monotonic() >= deadline:
            return tables, seconds
        run.raise_if_stopped()
        time.sleep(_SECONDS_BETWEEN)


def delete_items(run: Run, region: str, subject: str) -> None:
    """Delete all items of one subject; raises ClientError or BotoCoreError."""
    for item in _query(run, region, subject):
        key = {"subject": subject, "greeting_id": item["greeting_id"]}
        delete_item(run.client("dynamodb", region), run.deployment.tables[region], key)


def _query(run: Run, region: str, subject: str) -> list[Item]:
    return query(run.client("dynamodb", region), run.deployment.tables[region], {"subject": subject})


def query(dynamodb: Any, table: str, key: Item) -> list[Item]:
    """Return the items of a table with these key attributes; raises ClientError or BotoCoreError."""
    serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression=" AND ".join(f"#k{number} = :k{number}" for number in range(len(key))),
        ExpressionAttributeNames={f"#k{number}": name for number, name in enumerate(key)},
        ExpressionAttributeValues={f":k{number}": serialize(value) for number, value in enumerate(key.values())},
        ConsistentRead=True,
    )
    return [{name: deserialize(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def delete_item(dynamodb: Any, table: str, key: Item) -> None:
    """Delete the item of a table that has this whole key, if there is one; raises ClientError or BotoCoreError."""
    serialize = TypeSerializer().serialize
    dynamodb.delete_item(TableName=table, Key={name: serialize(value) for name, value in key.items()})


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
    if is_denied(error):
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


def take_message(
    run: Run, region: str, queue_url: str, deadline: float, is_wanted: Callable[[Message], bool]
) -> tuple[Message | None, int]:
    """Wait for a message, delete it, and put the others back; return it, and how many others were seen.

    Raises ClientError or BotoCoreError. After an interruption the wait ends at once, and the message is still deleted.
    """
    sqs = run.client("sqs", region)
    others: dict[str, str] = {}
    try:
        while True:
            # Others are seen once: they stay invisible, also to their reader, until they are put back.
            received = sqs.receive_message(
                QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=run.waits.arrival + 5
            )
            found = None
            for entry in received.get("Messages", []):
                message = parse_object(entry["Body"])
                if found is None and is_wanted(message):
                    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=entry["ReceiptHandle"])
                    found = message
                else:
                    others[entry["MessageId"]] = entry["ReceiptHandle"]
            if found is not None or run.signals or time.monotonic() >= deadline:
                return found, len(others)
    finally:
        for handle in others.values():
            sqs.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=handle, VisibilityTimeout=0)
