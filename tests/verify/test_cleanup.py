"""Every created resource is removed, whatever fails on the way; so is what earlier runs left."""

import time
from functools import partial

import pytest
from botocore.exceptions import EndpointConnectionError

from meridian.verify import cleanup
from meridian.verify.findings import Status
from meridian.verify.run import Resource, Run
from tests.verify.fakes import Aws, place, refused

OLD = f"meridian-verify-0a1b2c3d-{int(time.time()) - 3700}"
YOUNG = f"meridian-verify-99999999-{int(time.time()) - 60}"


def raising(error: BaseException) -> None:
    """Fail as an AWS call does."""
    raise error


def test_resources_are_removed_newest_first(run: Run) -> None:
    """A subscription is removed before its queue, the user after everything that is found through it."""
    done: list[str] = []
    run.created.extend(Resource("us-east-1", name, partial(done.append, name)) for name in ("user", "item"))
    cleanup.remove_created(run)
    (finding,) = run.reporter.findings
    assert done == ["item", "user"]
    assert (finding.status, finding.sentence) == (Status.PASS, "Removed all 2 resources of this run.")


@pytest.mark.parametrize("error", [refused("AccessDenied"), EndpointConnectionError(endpoint_url="http://x")])
def test_a_failed_removal_is_named_and_the_rest_removed(run: Run, error: Exception) -> None:
    """One failure stops no other removal."""
    done: list[str] = []
    run.created.append(Resource("us-east-1", "user", partial(done.append, "user")))
    run.created.append(Resource("us-east-1", "queue b", partial(raising, error)))
    cleanup.remove_created(run)
    (finding,) = run.reporter.findings
    assert done == ["user"]
    assert (finding.status, finding.region, finding.rule) == (Status.FAIL, "us-east-1", "clean-up")
    assert finding.sentence.startswith("queue b was not removed: ")


def test_a_bug_stops_no_other_removal(run: Run) -> None:
    """It is raised after everything else is removed."""
    done: list[str] = []
    run.created.append(Resource("us-east-1", "user", partial(done.append, "user")))
    run.created.append(Resource("us-east-1", "queue b", partial(raising, KeyError("b"))))
    with pytest.raises(KeyError):
        cleanup.remove_created(run)
    assert done == ["user"]


def test_a_missing_resource_counts_as_removed(run: Run) -> None:
    """A resource is added before it is created: it may never have existed."""
    run.created.append(Resource("us-east-1", "q", partial(raising, refused("AWS.SimpleQueueService.NonExistentQueue"))))
    cleanup.remove_created(run)
    assert [finding.status for finding in run.reporter.findings] == [Status.PASS]


def test_old_queues_and_subscriptions_are_removed(aws: Aws, run: Run) -> None:
    """Only those of this region's topic with the right name and age."""
    queues = [f"arn:aws:sqs:us-east-1:1:{name}" for name in (OLD, YOUNG, "orders")]
    aws.things["subscription"] = set(queues)
    aws.things["queue"] = {f"us-east-1/{OLD}", f"us-east-1/{YOUNG}", f"eu-west-1/{OLD}"}
    cleanup.remove_leftovers_from_region(run, place())
    assert aws.things["subscription"] == set(queues[1:])
    assert aws.things["queue"] == {f"us-east-1/{YOUNG}", f"eu-west-1/{OLD}"}
    (finding,) = run.reporter.findings
    assert (finding.status, finding.rule) == (Status.PASS, "leftovers")
    assert "2 in all" in finding.sentence


def test_old_users_are_removed_with_items_and_clients(aws: Aws, run: Run) -> None:
    """The subject of a left user finds its items in every region's table."""
    aws.things["user"] = {f"{OLD}-00ff@example.com", f"{YOUNG}-00ff@example.com"}
    aws.things["client"] = {OLD, YOUNG}
    aws.items["eu-west-1", "greetings-eu-west-1"] = [{"greeting_id": {"S": "left"}}]
    cleanup.remove_leftovers_from_pool(run)
    assert (aws.things["user"], aws.things["client"]) == ({f"{YOUNG}-00ff@example.com"}, {YOUNG})
    assert aws.items["eu-west-1", "greetings-eu-west-1"] == []


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("delete_queue", "AccessDenied", Status.UNKNOWN),
        ("list_queues", "AccessDenied", Status.UNKNOWN),
        ("delete_queue", "QueueDoesNotExist", Status.PASS),
    ],
    ids=["not removed", "not listed", "removed by another run first"],
)
def test_a_leftover_that_stays_is_unknown(aws: Aws, run: Run, operation: str, code: str, status: Status) -> None:
    """A failed listing is not an empty one."""
    aws.things["queue"] = {f"us-east-1/{OLD}"}
    aws.faults[operation] = refused(code)
    cleanup.remove_leftovers_from_region(run, place())
    assert run.reporter.findings[0].status is status
