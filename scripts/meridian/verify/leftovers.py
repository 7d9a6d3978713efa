"""The resources that earlier runs left, found by name and age, and removed."""

from collections.abc import Callable, Iterator
from functools import partial

from meridian.verify.aws import AWS_ERRORS, describe_error, is_missing
from meridian.verify.findings import Finding, Rule
from meridian.verify.observe import delete_items
from meridian.verify.run import PREFIX, Run, is_leftover

Removal = tuple[str, Callable[[], object]]


def remove_from_region(run: Run, region: str, topic_arn: str, now: float) -> None:
    """Remove the queues and subscriptions of runs that began more than an hour before `now`."""
    run.report(_remove(region, "queues and subscriptions", lambda: _find_in_region(run, region, topic_arn, now)))


def remove_from_pool(run: Run, now: float) -> None:
    """Remove the users, their items and the app clients of runs that began more than an hour before `now`."""
    run.report(_remove(run.deployment.identity.region, "users and clients", lambda: _find_in_pool(run, now)))


def _find_in_region(run: Run, region: str, topic_arn: str, now: float) -> Iterator[Removal]:
    sns, sqs = run.client("sns", region), run.client("sqs", region)
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    for entry in [entry for page in pages for entry in page.get("Subscriptions", [])]:
        if is_leftover(str(entry["Endpoint"]).rsplit(":", 1)[-1], now):
            arn = entry["SubscriptionArn"]
            yield f"subscription {arn}", partial(sns.unsubscribe, SubscriptionArn=arn)
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=PREFIX)
    for url in [url for page in pages for url in page.get("QueueUrls", [])]:
        if is_leftover(url.rsplit("/", 1)[-1], now):
            yield f"queue {url}", partial(sqs.delete_queue, QueueUrl=url)


def _find_in_pool(run: Run, now: float) -> Iterator[Removal]:
    pool_id = run.deployment.identity.user_pool_id
    cognito = run.client("cognito-idp", run.deployment.identity.region)
    pages = cognito.get_paginator("list_users").paginate(UserPoolId=pool_id, Filter=f'email ^= "{PREFIX}"')
    for entry in [entry for page in pages for entry in page["Users"]]:
        attributes = {found["Name"]: found["Value"] for found in entry["Attributes"]}
        if is_leftover(attributes.get("email", ""), now):
            for region, table in run.deployment.tables.items():
                yield f"an item in table {table}", partial(delete_items, run, region, table, attributes["sub"])
            name = entry["Username"]
            yield "a user", partial(cognito.admin_delete_user, UserPoolId=pool_id, Username=name)
    pages = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool_id)
    for entry in [entry for page in pages for entry in page["UserPoolClients"]]:
        if is_leftover(entry["ClientName"], now):
            remove = partial(cognito.delete_user_pool_client, UserPoolId=pool_id, ClientId=entry["ClientId"])
            yield f"client {entry['ClientName']}", remove


def _remove(region: str, kind: str, find: Callable[[], Iterator[Removal]]) -> Finding:
    removed = 0
    left: list[str] = []
    rule = Rule(region, "leftovers")
    try:
        for title, remove in find():
            try:
                remove()
                removed += 1
            except AWS_ERRORS as error:
                # Another run may have removed it at the same time.
                if not is_missing(error):
                    left.append(f"{title} ({describe_error(error)})")
    except AWS_ERRORS as error:
        return rule.unknown(f"The {kind} of earlier runs could not be listed: {describe_error(error)}.")
    if left:
        return rule.unknown(f"An earlier run left resources that could not be removed: {'; '.join(left)}.")
    if removed:
        return rule.passed(f"Removed the {kind} of earlier runs, {removed} in all.")
    return rule.passed(f"Earlier runs left no {kind}.")
