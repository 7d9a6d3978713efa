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


def test_things_are_removed_newest_first_and_the_last_ones_last() -> None:
    """A subscription goes before its queue; the user goes after everything that needs it."""
    done: list[str] = []
    cleanup = Cleanup()
    cleanup.add("us-east-1", "user", partial(done.append, "user"), last=True)
    cleanup.add("us-east-1", "queue", partial(done.append, "queue"))
    cleanup.add("us-east-1", "subscription", partial(done.append, "subscription"))
    (finding,) = cleanup.run()
    assert done == ["subscription", "queue", "user"]
    assert (finding.status, finding.sentence) == (Status.PASS, "Removed all 3 resources of this run.")


@pytest.mark.parametrize(
    "error", [refused("AccessDenied"), EndpointConnectionError(endpoint_url="http://x"), KeyError("x")]
)
def test_what_is_left_is_named_and_the_rest_removed(error: Exception) -> None:
    """One failure hides no other thing, in its region or elsewhere."""
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


def test_what_is_already_gone_is_no_failure() -> None:
    """A thing is remembered before it is made: it may never have existed."""
    cleanup = Cleanup()
    cleanup.add("us-east-1", "queue", partial(raising, refused("AWS.SimpleQueueService.NonExistentQueue")))
    cleanup.add("us-east-1", "user", partial(raising, refused("UserNotFoundException")), last=True)
    assert [finding.status for finding in cleanup.run()] == [Status.PASS]


def test_nothing_made_says_nothing() -> None:
    """A run that made nothing claims nothing; what was removed is not removed twice."""
    cleanup = Cleanup()
    assert cleanup.run() == []
    cleanup.add("us-east-1", "x", lambda: None)
    assert len(cleanup.run()) == 1
    assert cleanup.run() == []
