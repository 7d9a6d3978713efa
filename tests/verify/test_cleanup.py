"""Every created resource is removed, whatever fails on the way."""

from functools import partial

import pytest
from botocore.exceptions import EndpointConnectionError

from meridian.verify.cleanup import Cleanup
from meridian.verify.findings import Status
from tests.verify.fakes import refused


def raising(error: BaseException) -> None:
    """Fail as an AWS call does."""
    raise error


def test_resources_are_removed_newest_first_and_the_last_ones_last() -> None:
    """A subscription is removed before its queue; the user after everything that needs it."""
    done: list[str] = []
    cleanup = Cleanup()
    cleanup.add("us-east-1", "user", partial(done.append, "user"), last=True)
    cleanup.add("us-east-1", "queue", partial(done.append, "queue"))
    cleanup.add("us-east-1", "subscription", partial(done.append, "subscription"))
    (finding,) = cleanup.run()
    assert done == ["subscription", "queue", "user"]
    assert (finding.status, finding.sentence) == (Status.PASS, "Removed all 3 resources of this run.")


@pytest.mark.parametrize("error", [refused("AccessDenied"), EndpointConnectionError(endpoint_url="http://x")])
def test_a_failed_removal_is_named_and_the_rest_removed(error: Exception) -> None:
    """One failure stops no other removal."""
    done: list[str] = []
    cleanup = Cleanup()
    cleanup.add("us-east-1", "queue a", partial(done.append, "a"))
    cleanup.add("us-east-1", "queue b", partial(raising, error))
    cleanup.add("eu-west-1", "queue c", partial(done.append, "c"))
    cleanup.add("us-east-1", "user", partial(done.append, "user"), last=True)
    (finding,) = cleanup.run()
    assert sorted(done) == ["a", "c", "user"]
    assert (finding.status, finding.region, finding.rule) == (Status.FAIL, "us-east-1", "clean-up")
    assert finding.sentence.startswith("queue b was not removed: ")


def test_a_bug_stops_no_other_removal() -> None:
    """It is raised after everything else is removed."""
    done: list[str] = []
    cleanup = Cleanup()
    cleanup.add("us-east-1", "user", partial(done.append, "user"), last=True)
    cleanup.add("us-east-1", "queue a", partial(done.append, "a"))
    cleanup.add("us-east-1", "queue b", partial(raising, KeyError("b")))
    cleanup.add("eu-west-1", "queue c", partial(done.append, "c"))
    with pytest.raises(KeyError):
        cleanup.run()
    assert sorted(done) == ["a", "c", "user"]


def test_a_missing_resource_counts_as_removed() -> None:
    """A resource is added before it is created: it may never have existed."""
    cleanup = Cleanup()
    cleanup.add("us-east-1", "queue", partial(raising, refused("AWS.SimpleQueueService.NonExistentQueue")))
    cleanup.add("us-east-1", "user", partial(raising, refused("UserNotFoundException")), last=True)
    assert [finding.status for finding in cleanup.run()] == [Status.PASS]


def test_a_run_without_resources_reports_nothing() -> None:
    """It claims no removal; and no resource is removed twice."""
    cleanup = Cleanup()
    assert cleanup.run() == []
    cleanup.add("us-east-1", "x", lambda: None)
    assert len(cleanup.run()) == 1
    assert cleanup.run() == []
