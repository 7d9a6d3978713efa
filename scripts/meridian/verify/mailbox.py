"""A temporary queue that hears what a topic says."""

import json
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from meridian.verify.deployment import Regional
from meridian.verify.faults import FAULTS, Fault, explain, is_absent, is_denied
from meridian.verify.findings import Finding, failed, unknown
from meridian.verify.work import Work

_RETENTION_SECONDS = 3600
_CONFIRMED_WITHIN_SECONDS = 15.0


@dataclass(frozen=True)
class Mailbox:
    """A queue that is subscribed to the topic of its region."""

    queue_url: str


def open_mailbox(work: Work, place: Regional) -> Mailbox | Finding:
    """Make the queue and subscribe it; a finding says why it could not be done."""
    sqs = work.client("sqs", place.region)
    name = work.run.name
    _, partition, _, _, account, _ = place.topic_arn.split(":", 5)
    queue_arn = f"arn:{partition}:sqs:{place.region}:{account}:{name}"
    work.cleanup.add(place.region, f"queue {name}", partial(_delete_queue, sqs, name))
    try:
        made = sqs.create_queue(QueueName=name, Attributes=_attributes(place, queue_arn), tags=work.run.tags)
    except FAULTS as error:
        return unknown(place.region, "message", f"No queue to listen with could be made: {explain(error)}.")
    return _subscribe(work, place, queue_arn) or Mailbox(str(made["QueueUrl"]))


def _delete_queue(sqs: Any, name: str) -> None:
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _subscribe(work: Work, place: Regional, queue_arn: str) -> Finding | None:
    sns = work.client("sns", place.region)
    try:
        arn = sns.subscribe(
            TopicArn=place.topic_arn,
            Protocol="sqs",
            Endpoint=queue_arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        work.cleanup.add(place.region, f"subscription {arn}", partial(sns.unsubscribe, SubscriptionArn=arn))
        begun = time.monotonic()
        while sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"].get("PendingConfirmation") == "true":
            work.go_on()
            if time.monotonic() - begun > _CONFIRMED_WITHIN_SECONDS:
                return unknown(place.region, "message", f"The subscription to {place.topic_arn} was not confirmed.")
            time.sleep(0.5)
    except FAULTS as error:
        return _not_subscribed(place, error)
    return None


def _not_subscribed(place: Regional, error: Fault) -> Finding:
    if is_absent(error):
        return failed(place.region, "message", f"Topic {place.topic_arn} does not exist: apply {place.region}/data.")
    if is_denied(error):
        return failed(
            place.region,
            "message",
            f"Topic {place.topic_arn} let no queue of its own account subscribe ({explain(error)}): "
            "its policy, or the role that verifies, probably lacks sns:Subscribe.",
        )
    return unknown(place.region, "message", f"No queue could be subscribed to {place.topic_arn}: {explain(error)}.")


def _attributes(place: Regional, queue_arn: str) -> dict[str, str]:
    """Return the queue's attributes: only that topic sends, and a message is received once."""
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
