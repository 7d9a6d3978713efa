"""Whether the alarms of a protected environment call a person, and whether it has a budget."""

from typing import Any

from meridian.aws import AWS_ERRORS, describe_error
from meridian.verify.deployment import WATCH
from meridian.verify.findings import Result, Status
from meridian.verify.run import Run
from meridian.yamlfile.problems import join_words


def report_watch(run: Run) -> None:
    """Report subscribers and budget where `watch` is deployed and the environment is protected."""
    topics = {
        place.region: str(topic)
        for place in run.deployment.regions
        if (topic := run.deployment.outputs.get(f"{place.region}/{WATCH}", {}).get("topic_arn"))
    }
    if run.target.environment.protected and topics:
        run.report(run.deployment.identity.region, WATCH, *_check_watch(run, topics))


def _check_watch(run: Run, topics: dict[str, str]) -> Result:
    silent = []
    for region, topic in topics.items():
        try:
            if not _has_subscriber(run.client("sns", region), topic):
                silent.append(region)
        except AWS_ERRORS as error:
            return Status.UNKNOWN, f"The subscribers of {topic} could not be read: {describe_error(error)}."
    # Versions of `watch` up to 2.0.0 do not say whether there is a budget.
    budget = run.deployment.outputs.get(f"{run.deployment.identity.region}/{WATCH}", {}).get("budget_name")
    lacks = []
    if silent:
        lacks.append(f"The alarms of {join_words(silent)} have no confirmed subscriber: set `watch.subscribers`.")
    if budget == "":
        lacks.append("There is no budget: set `watch.budget_usd`.")
    if lacks:
        return Status.SKIP, " ".join((*lacks, "See modules/watch/README.md."))
    return Status.PASS, f"The alarms have confirmed subscribers{' and there is a budget' if budget else ''}."


def _has_subscriber(sns: Any, topic: str) -> bool:
    """Return whether a topic delivers to someone: an address that has not confirmed yet has no ARN."""
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    return any(one["SubscriptionArn"].startswith("arn:") for page in pages for one in page["Subscriptions"])
