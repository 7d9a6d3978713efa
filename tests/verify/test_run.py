"""Names that identify the run and age of a resource."""

import time
import uuid

import pytest

from meridian.verify import run as runs
from meridian.verify.run import Run

NOW = 1790003601.0


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("meridian-verify-0a1b2c3d-1790000000", True),
        ("meridian-verify-0a1b2c3d-1790000001", False),
        ("meridian-verify-0a1b2c3d-1790000000-00ff@example.com", True),
        ("meridian-verify-0a1b2c3d-1790000000-00ff@example.org", False),
        ("meridian-verify-0a1b2c3d-1790000000-prod", False),
        ("meridian-verify-people", False),
    ],
)
def test_a_leftover_is_ours_and_older_than_an_hour(name: str, left: bool) -> None:
    """Young resources of another run and foreign resources are never leftovers."""
    assert runs.is_leftover(name, NOW) is left


def test_every_name_of_a_run_is_a_leftover_an_hour_later(run: Run) -> None:
    """Names and addresses of a real run follow the rule that finds them; an address cannot be guessed."""
    for name in (run.name, run.new_address()):
        assert not runs.is_leftover(name, time.time())
        assert runs.is_leftover(name, time.time() + runs.LEFTOVER_AFTER_SECONDS + 2)
    assert run.new_address() != run.new_address()


def test_an_idempotency_key_is_a_uuid_of_now() -> None:
    """UUIDv7 with the time in its first 48 bits, as in the wire contract."""
    made = uuid.UUID(runs.uuid7())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert abs((made.int >> 80) / 1000 - time.time()) < 5
    assert runs.uuid7() != runs.uuid7()
