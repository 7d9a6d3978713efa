"""What `audit` reports, and `recover` leaves to a person: a sentence and the command that resolves it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meridian.aws import AWS_ERRORS
from meridian.errors import CouldNotTell
from meridian.recover.resources import Resource, aws_command, delete_command
from meridian.recover.survey import Survey
from meridian.targets import Target


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be; `command` resolves it or shows what is needed to."""

    kind: str
    unit: str
    sentence: str
    command: str


def list_findings(target: Target, found: Survey) -> list[Finding]:
    """Return everything that is wrong in an environment; only reads, raises CouldNotTell if AWS does not answer."""
    try:
        return [*_broken_runs(target, found), *_states(target, found), *_resources(target, found)]
    except AWS_ERRORS as error:
        raise CouldNotTell(
            f"{target.environment.name}: AWS did not answer: {error}", "Run the command again."
        ) from error


def list_orphans(target: Target, orphans: Sequence[Resource]) -> list[Finding]:
    """Return a finding for each resource that no state knows, with the command that deletes it."""
    return [
        Finding(
            "orphan", one.unit, f"no state knows {one}", delete_command(target, one) or f"# delete {one.id} by hand"
        )
        for one in orphans
    ]


def list_lost(target: Target, found: Survey) -> list[Finding]:
    """Return a finding for each broken state of which the bucket holds no good version."""
    return [
        Finding(
            "state",
            state.unit,
            f"the state {state.problem}, and no version of it is good",
            _remove(target, found, state.key),
        )
        for state, version in found.broken
        if version is None
    ]


def _remove(target: Target, found: Survey, key: str) -> str:
    return aws_command(target, target.environment.state_region, f"s3 rm s3://{found.bucket}/{key}")


def _command(target: Target, verb: str) -> str:
    return f"meridian {verb} {target.arguments}"


def _broken_runs(target: Target, found: Survey) -> Iterator[Finding]:
    recover = _command(target, "recover")
    for lock in found.locks:
        if lock.dead:
            yield Finding("lock", lock.unit, f"{lock}; {lock.dead}", recover)
        else:
            yield Finding("lock", lock.unit, f"{lock}; its run may be alive", f"{recover} --force-unlock {lock.id}")
    for one in found.errored:
        yield Finding("state", one.unit, "a state that could not be uploaded waits in errored.tfstate", recover)
    for sentence in found.stale:
        yield Finding("plan", "", sentence, recover)


def _states(target: Target, found: Survey) -> Iterator[Finding]:
    name = target.environment.name
    for state, version in found.broken:
        if version is not None:
            sentence = f"the state {state.problem}; the last good version is of {version.written:%Y-%m-%d %H:%M:%S %Z}"
            yield Finding("state", state.unit, sentence, _command(target, "recover"))
    yield from list_lost(target, found)
    for unit, addresses in found.half_made.items():
        sentence = f"{', '.join(addresses)}: half made when a run was interrupted; an apply would replace it"
        yield Finding("state", unit, sentence, _command(target, "recover"))
    for state in found.unowned:
        count = len(list(state.resources))
        if count:
            sentence = f"a state of no unit of live/{name}, with {count} resources"
            yield Finding("state", state.unit, sentence, f"git log --stat -- live/{name}/{state.unit}")
        elif not state.problem:
            yield Finding(
                "state", state.unit, f"an empty state of no unit of live/{name}", _remove(target, found, state.key)
            )
    for unit in found.missing:
        yield Finding("state", unit, "the unit has no state: it was never applied", _command(target, "apply"))


def _resources(target: Target, found: Survey) -> Iterator[Finding]:
    for one in found.orphans:
        yield Finding("orphan", one.unit, f"no state knows {one}", _command(target, "recover"))
    for one in found.resources:
        if one.type == "aws_cloudwatch_log_group" and not one.about.get("retentionInDays"):
            words = f"logs put-retention-policy --log-group-name {one.id} --retention-in-days 30"
            yield Finding("logs", one.unit, f"{one.id} keeps logs for ever", aws_command(target, one.region, words))
        # Where the unit is gone, its key is deleted on purpose.
        if one.about.get("DeletionDate") and one.unit in found.units:
            sentence = f"key {one.id} is deleted on {one.about['DeletionDate']:%Y-%m-%d}"
            words = f"kms cancel-key-deletion --key-id {one.id}"
            yield Finding("key", one.unit, sentence, aws_command(target, one.region, words))
        if one.type == "aws_sns_topic":
            yield from _subscriptions(target, one)


def _subscriptions(target: Target, topic: Resource) -> Iterator[Finding]:
    pages = target.client("sns", topic.region).get_paginator("list_subscriptions_by_topic")
    for page in pages.paginate(TopicArn=topic.id):
        for entry in page["Subscriptions"]:
            if not entry["SubscriptionArn"].startswith("arn:"):
                sentence = f"{entry['Protocol']} {entry['Endpoint']} has not confirmed its subscription"
                words = f"sns subscribe --topic-arn {topic.id} --protocol {entry['Protocol']}"
                yield Finding(
                    "subscription",
                    topic.unit,
                    sentence,
                    aws_command(target, topic.region, f"{words} --notification-endpoint {entry['Endpoint']}"),
                )
