"""The removal of what a verification creates, also after an error or a signal, and of what earlier ones left."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from meridian.aws import AWS_ERRORS, describe_error
from meridian.console import say
from meridian.verify.aws import is_missing
from meridian.verify.deployment import Regional
from meridian.verify.findings import Status
from meridian.verify.observe import delete_items
from meridian.verify.run import PREFIX, Resource, Run, is_leftover


@contextmanager
def stopped_by_signals(run: Run) -> Iterator[None]:
    """Let Ctrl-C, `kill` and a closed terminal stop the run's threads, not the process."""

    def stop(number: int, _: object) -> None:
        run.signals.append(number)
        # Without a reader of stderr the notice fails, and would end the removal.
        with suppress(OSError):
            say("stopping: first removing what this run created.")

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # A signal that the parent process ignores (nohup, a background job) stays ignored.
    handled = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def remove_created(run: Run) -> None:
    """Remove everything that the run created, the newest first: the user after all that is found through it.

    Raises the exception of a bug after everything else is removed.
    """
    failed: list[str] = []
    # An ExitStack calls all its callbacks, the newest first, whatever one of them raises.
    with ExitStack() as stack:
        for resource in run.created:
            stack.callback(_remove_created, run, resource, failed)
    if run.created and not failed:
        run.report("-", "clean-up", Status.PASS, f"Removed all {len(run.created)} resources of this run.")


def _remove_created(run: Run, resource: Resource, failed: list[str]) -> None:
    if error := _remove(resource):
        failed.append(error)
        sentence = (
            f"{resource.title} was not removed: {error}. Remove it by hand, or run the verification again in an "
            "hour: it removes what earlier runs left."
        )
        run.report(resource.region, "clean-up", Status.FAIL, sentence)


def _remove(resource: Resource) -> str:
    """Remove a resource and return the error, or nothing; a missing resource counts as removed."""
    try:
        resource.remove()
    except AWS_ERRORS as error:
        return "" if is_missing(error) else describe_error(error)
    return ""


def remove_leftovers_from_region(run: Run, place: Regional) -> None:
    """Remove the queues and subscriptions of runs that began more than an hour ago."""
    _remove_leftovers(run, place.region, "queues and subscriptions", _find_in_region(run, place))


def remove_leftovers_from_pool(run: Run) -> None:
    """Remove the users, their items and the app clients of runs that began more than an hour ago."""
    _remove_leftovers(run, run.deployment.identity.region, "users and clients", _find_in_pool(run))


def _remove_leftovers(run: Run, region: str, kind: str, leftovers: Iterator[Resource]) -> None:
    count = 0
    failed: list[str] = []
    try:
        for resource in leftovers:
            count += 1
            if error := _remove(resource):
                failed.append(f"{resource.title} ({error})")
    except AWS_ERRORS as error:
        sentence = f"The {kind} of earlier runs could not be listed: {describe_error(error)}."
        run.report(region, "leftovers", Status.UNKNOWN, sentence)
        return
    if failed:
        sentence = f"An earlier run left resources that could not be removed: {'; '.join(failed)}."
        run.report(region, "leftovers", Status.UNKNOWN, sentence)
    else:
        run.report(region, "leftovers", Status.PASS, f"Removed the {kind} of earlier runs, {count} in all.")


def _find_in_region(run: Run, place: Regional) -> Iterator[Resource]:
    region, now = place.region, time.time()
    sns, sqs = run.client("sns", region), run.client("sqs", region)
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=place.topic_arn)
    for entry in [entry for page in pages for entry in page.get("Subscriptions", [])]:
        if is_leftover(str(entry["Endpoint"]).rsplit(":", 1)[-1], now):
            arn = entry["SubscriptionArn"]
            yield Resource(region, f"subscription {arn}", partial(sns.unsubscribe, SubscriptionArn=arn))
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=PREFIX)
    for url in [url for page in pages for url in page.get("QueueUrls", [])]:
        if is_leftover(url.rsplit("/", 1)[-1], now):
            yield Resource(region, f"queue {url}", partial(sqs.delete_queue, QueueUrl=url))


def _find_in_pool(run: Run) -> Iterator[Resource]:
    identity, now = run.deployment.identity, time.time()
    pool_id, cognito = identity.user_pool_id, run.client("cognito-idp", identity.region)
    pages = cognito.get_paginator("list_users").paginate(UserPoolId=pool_id, Filter=f'email ^= "{PREFIX}"')
    for entry in [entry for page in pages for entry in page["Users"]]:
        attributes = {found["Name"]: found["Value"] for found in entry["Attributes"]}
        if is_leftover(attributes.get("email", ""), now):
            for region, table in run.deployment.tables.items():
                remove = partial(delete_items, run, region, attributes["sub"])
                yield Resource(region, f"an item in table {table}", remove)
            remove = partial(cognito.admin_delete_user, UserPoolId=pool_id, Username=entry["Username"])
            yield Resource(identity.region, "a user", remove)
    pages = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool_id)
    for entry in [entry for page in pages for entry in page["UserPoolClients"]]:
        if is_leftover(entry["ClientName"], now):
            remove = partial(cognito.delete_user_pool_client, UserPoolId=pool_id, ClientId=entry["ClientId"])
            yield Resource(identity.region, f"client {entry['ClientName']}", remove)
