"""States of the bucket: what Terraform cannot read is named, and its last good version is found."""

import json
from collections.abc import Callable

import pytest

from meridian.state.contents import find_good_version, has_version, read_states, restore_version
from meridian.targets import Target
from tests.recover.conftest import BEGUN, Bucket

KEY = "live/dev/us-east-1/data/terraform.tfstate"
BROKEN = [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b'{"version": 4, "ser', "is cut off or not JSON", id="cut off"),
    pytest.param(b'{"version": 3, "serial": 1}', "is not a Terraform state of version 4", id="version 3"),
    pytest.param(b"[]", "is not a Terraform state of version 4", id="a list"),
    pytest.param(None, "was deleted", id="deleted"),
]


@pytest.mark.parametrize(("body", "problem"), BROKEN)
def test_a_broken_state_is_restored_from_its_last_good_version(
    target: Target, bucket: Bucket, state: Callable[..., bytes], body: bytes | None, problem: str
) -> None:
    good = state(("aws_sns_topic", {"id": "x"}), serial=7)
    bucket.versions[KEY] = [state(serial=6), good, b"not JSON", body]
    (found,) = read_states(target)
    assert (found.unit, found.document, found.problem) == ("us-east-1/data", None, problem)
    version = find_good_version(target, found)
    assert version is not None
    assert (version.serial, version.resources, (version.written - BEGUN).seconds) == (7, 1, 60)
    restore_version(target, found, version)
    assert bucket.versions[KEY][-2:] == [body, good]
    assert read_states(target)[0].problem == ""


def test_without_a_good_version_there_is_none(target: Target, bucket: Bucket) -> None:
    bucket.versions[KEY] = [b"", b"{"]
    assert find_good_version(target, read_states(target)[0]) is None


def test_what_a_state_once_was_is_known(target: Target, bucket: Bucket, state: Callable[..., bytes]) -> None:
    """Whatever was written since; another content of the same serial it never was."""
    bucket.versions[KEY] = [state(serial=6), b"not JSON", state(serial=7)]
    (found,) = read_states(target)
    documents = [json.loads(state(serial=serial)) for serial in (6, 7, 8)]
    assert [has_version(target, found, one) for one in documents] == [True, True, False]
    assert not has_version(target, found, json.loads(state(("aws_sns_topic", {"id": "x"}), serial=6)))


def test_locks_are_no_states(target: Target, bucket: Bucket, state: Callable[..., bytes]) -> None:
    bucket.versions = {KEY: [state()], f"{KEY}.tflock": [b"{}"]}
    assert [one.key for one in read_states(target)] == [KEY]
