"""A protected environment with `watch` is told if its alarms call no person, or if it has no budget."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from meridian.verify.findings import Finding, Status
from meridian.verify.run import Run
from meridian.verify.watched import report_watch
from tests.verify.fakes import Aws, refused

TOPIC = "arn:aws:sns:{}:100000000001:greeter-dev-ops"
CONFIRMED = {"SubscriptionArn": f"{TOPIC.format('us-east-1')}:8e0c"}
PENDING = {"SubscriptionArn": "PendingConfirmation"}
NO_SUBSCRIBER = "The alarms of us-east-1, eu-west-1 have no confirmed subscriber: set `watch.subscribers`."
NO_BUDGET = "There is no budget: set `watch.budget_usd`."
SEE = "See modules/watch/README.md."


def found(run: Run, budget: Mapping[str, str], *, protected: bool = True, watched: bool = True) -> list[Finding]:
    """Return the findings of an environment whose unit of the primary region has the output `budget`."""
    regions = [place.region for place in run.deployment.regions]
    outputs = {f"{region}/watch": {"topic_arn": TOPIC.format(region), **budget} for region in regions if watched}
    environment = replace(run.target.environment, protected=protected)
    there = replace(run.deployment, outputs=outputs)
    report_watch(replace(run, target=replace(run.target, environment=environment), deployment=there))
    return run.reporter.findings


@pytest.mark.parametrize(
    ("subscribers", "budget", "sentence"),
    [
        ([], {"budget_name": ""}, f"{NO_SUBSCRIBER} {NO_BUDGET} {SEE}"),
        ([PENDING], {"budget_name": "greeter-dev-month"}, f"{NO_SUBSCRIBER} {SEE}"),
        ([CONFIRMED], {"budget_name": ""}, f"{NO_BUDGET} {SEE}"),
        ([], {}, f"{NO_SUBSCRIBER} {SEE}"),
    ],
    ids=["neither", "one that has not confirmed", "no budget", "a version that names no budget"],
)
def test_a_protected_environment_is_told(
    aws: Aws, run: Run, subscribers: list[dict[str, str]], budget: dict[str, str], sentence: str
) -> None:
    """One line, which does not turn the run red."""
    aws.answers["list_subscriptions_by_topic"] = {"Subscriptions": subscribers}
    assert found(run, budget) == [Finding(Status.SKIP, "us-east-1", "watch", sentence)]


def test_alarms_with_a_subscriber_and_a_budget_pass(aws: Aws, run: Run) -> None:
    aws.answers["list_subscriptions_by_topic"] = {"Subscriptions": [PENDING, CONFIRMED]}
    (one,) = found(run, {"budget_name": "greeter-dev-month"})
    assert (one.status, one.sentence) == (Status.PASS, "The alarms have confirmed subscribers and there is a budget.")


@pytest.mark.parametrize(("protected", "watched"), [(False, True), (True, False)], ids=["unprotected", "without watch"])
def test_no_other_environment_is_told(aws: Aws, run: Run, protected: bool, watched: bool) -> None:
    assert found(run, {"budget_name": ""}, protected=protected, watched=watched) == []
    assert aws.calls == []


def test_subscribers_that_cannot_be_read_are_unknown(aws: Aws, run: Run) -> None:
    aws.faults["list_subscriptions_by_topic"] = refused("AuthorizationError")
    (one,) = found(run, {"budget_name": ""})
    assert one.status is Status.UNKNOWN
    assert TOPIC.format("us-east-1") in one.sentence
