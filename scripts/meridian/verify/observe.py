"""AWS answers to frozen snapshots; what could not be read is a NoAnswer with its reason, never nothing."""

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from meridian.verify.faults import FAULTS, explain, is_absent
from meridian.verify.http import NoAnswer
from meridian.verify.work import Work

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Items:
    """All items of one subject in one region's table."""

    table: str
    items: tuple[Item, ...]

    def of(self, greeting_id: str) -> tuple[Item, ...]:
        """Return the items with that sort key: one or none."""
        return tuple(item for item in self.items if item.get("greeting_id") == greeting_id)


@dataclass(frozen=True)
class Absent:
    """The table that the outputs name does not exist."""

    table: str


@dataclass(frozen=True)
class Messages:
    """What arrived at the topic: the caller's messages, those of a forged caller, all others."""

    mine: tuple[Mapping[str, Any], ...]
    forged: int
    others: int
    waited: float
    """Seconds from the last call until the listening ended."""


Table = Items | Absent | NoAnswer
Tables = Mapping[str, Table]
"""What the table of each region holds, by region."""


def tables(work: Work, subject: str) -> dict[str, Table]:
    """Read every region's table for one subject, consistently; that of an absent region has no answer."""
    absent = {region: NoAnswer(reason.rstrip(".")) for region, reason in work.deployment.absent.items()}
    return {region: table(work, region, subject) for region in work.deployment.tables} | absent


def table(work: Work, region: str, subject: str) -> Table:
    """Read one region's table for one subject, consistently."""
    name = work.deployment.tables[region]
    try:
        return Items(name, tuple(_query(work.client("dynamodb", region), name, subject)))
    except FAULTS as error:
        return Absent(name) if is_absent(error) else NoAnswer(f"table {name} could not be read: {explain(error)}")


def keys_of(dynamodb: Any, table_name: str, subject: str) -> list[str]:
    """Return the sort keys of all items of one subject; raises ClientError or BotoCoreError."""
    return [str(item["greeting_id"]) for item in _query(dynamodb, table_name, subject)]


def messages(
    work: Work, region: str, queue_url: str, mine: str, forged: Collection[str], *, patience: int
) -> Messages | NoAnswer:
    """Listen `patience` seconds for a message of `mine`, then a while longer for one that must not come."""
    sqs = work.client("sqs", region)
    seen: dict[str, Mapping[str, Any]] = {}
    begun = time.monotonic()
    deadline = begun + patience
    found = False
    while (left := deadline - time.monotonic()) > 0:
        work.go_on()
        # Once the expected message is here, one long poll covers the rest of the window.
        wait = work.patience.quiet if found else max(1, min(5, round(left)))
        try:
            received = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        except FAULTS as error:
            return NoAnswer(f"the queue could not be read: {explain(error)}")
        # SQS may deliver one message twice; its id tells.
        seen |= {entry["MessageId"]: _json_object(entry["Body"]) for entry in received.get("Messages", [])}
        if not found and any(message.get("email") == mine for message in seen.values()):
            found = True
            deadline = time.monotonic() + work.patience.quiet
    return Messages(
        mine=tuple(message for message in seen.values() if message.get("email") == mine),
        forged=sum(message.get("email") in forged for message in seen.values()),
        others=sum(message.get("email") not in {mine, *forged} for message in seen.values()),
        waited=time.monotonic() - begun,
    )


def _query(dynamodb: Any, table_name: str, subject: str) -> list[Item]:
    read = TypeDeserializer().deserialize
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table_name,
        KeyConditionExpression="subject = :subject",
        ExpressionAttributeValues={":subject": {"S": subject}},
        ConsistentRead=True,
    )
    return [{name: read(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def _json_object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
