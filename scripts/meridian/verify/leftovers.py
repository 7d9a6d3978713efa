"""What earlier runs left behind: found by name and age, and removed."""

from collections.abc import Callable, Iterator
from functools import partial

from meridian.verify import marks
from meridian.verify.faults import FAULTS, explain, is_absent
from meridian.verify.findings import Finding, passed, unknown
from meridian.verify.identity import remove_items
from meridian.verify.work import Work

Removal = tuple[str, Callable[[], object]]
RULE = "leftovers"


def remove_regional(work: Work, region: str, topic_arn: str, now: float) -> None:
    """Remove the queues and subscriptions of runs that began more than an hour before `now`."""
    work.tell(_remove(region, "queues and subscriptions", lambda: _regional(work, region, topic_arn, now)))


def remove_identity(work: Work, now: float) -> None:
    """Remove the users, with their items, and the clients of such runs."""
    work.tell(_remove(work.deployment.identity.region, "users and clients", lambda: _identity(work, now)))


def _regional(work: Work, region: str, topic_arn: str, now: float) -> Iterator[Removal]:
    sns, sqs = work.client("sns", region), work.client("sqs", region)
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    for entry in [entry for page in pages for entry in page.get("Subscriptions", [])]:
        if marks.is_leftover(str(entry["Endpoint"]).rsplit(":", 1)[-1], now):
            arn = entry["SubscriptionArn"]
            yield f"subscription {arn}", partial(sns.unsubscribe, SubscriptionArn=arn)
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=marks.PREFIX)
    for url in [url for page in pages for url in page.get("QueueUrls", [])]:
        if marks.is_leftover(url.rsplit("/", 1)[-1], now):
            yield f"queue {url}", partial(sqs.delete_queue, QueueUrl=url)


def _identity(work: Work, now: float) -> Iterator[Removal]:
    pool_id = work.deployment.identity.user_pool_id
    cognito = work.client("cognito-idp", work.deployment.identity.region)
    pages = cognito.get_paginator("list_users").paginate(UserPoolId=pool_id, Filter=f'email ^= "{marks.PREFIX}"')
    for entry in [entry for page in pages for entry in page["Users"]]:
        attributes = {found["Name"]: found["Value"] for found in entry["Attributes"]}
        if marks.is_leftover(attributes.get("email", ""), now):
            for region, table in work.deployment.tables.items():
                yield (
                    f"an item in table {table}",
                    partial(remove_items, work, region, table, attributes["sub"]),
                )
            name = entry["Username"]
            yield "a user", partial(cognito.admin_delete_user, UserPoolId=pool_id, Username=name)
    pages = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool_id)
    for entry in [entry for page in pages for entry in page["UserPoolClients"]]:
        if marks.is_leftover(entry["ClientName"], now):
            client_id = entry["ClientId"]
            yield (
                f"client {entry['ClientName']}",
                partial(cognito.delete_user_pool_client, UserPoolId=pool_id, ClientId=client_id),
            )


def _remove(region: str, kind: str, find: Callable[[], Iterator[Removal]]) -> Finding:
    removed = 0
    left: list[str] = []
    try:
        for what, remove in find():
            try:
                remove()
                removed += 1
            except FAULTS as error:
                # Another run may have been faster.
                if not is_absent(error):
                    left.append(f"{what} ({explain(error)})")
    except FAULTS as error:
        return unknown(region, RULE, f"Nobody can tell whether old {kind} are left: {explain(error)}.")
    if left:
        return unknown(region, RULE, f"Left by an earlier run and not removed: {'; '.join(left)}.")
    done = (
        f"{kind} of earlier runs removed, {removed} things in all" if removed else f"no {kind} of earlier runs are left"
    )
    return passed(region, RULE, f"{done[0].upper()}{done[1:]}.")
