"""The copy of the states in a second region: made, corrected, used and brought back."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from meridian.deploy.rights import needed_rights
from meridian.errors import CouldNotTell, UserError
from meridian.recover import repair
from meridian.state import copy
from meridian.state.bootstrap import correct_state_bucket
from meridian.state.contents import STATE, bucket_arguments, object_key, read_states
from meridian.targets import Target
from tests.local.conftest import REPOSITORY, as_role, environment, with_role

names = (f"copied{number}" for number in count())
UNIT = "eu-west-1/data"


@pytest.fixture
def target(patched: Target, tmp_path: Path) -> Target:
    """Return an environment whose states are copied to eu-west-1, before its bootstrap."""
    chosen = replace(environment(next(names)), state_copy="eu-west-1")
    return Target("local", tmp_path, chosen, REPOSITORY, patched.endpoint)


def write(target: Target, serial: int, lineage: str = "one") -> None:
    """Write a state of UNIT into the bucket of a target."""
    body = {"version": 4, "serial": serial, "lineage": lineage, "resources": []}
    key = object_key(target, UNIT, STATE)
    target.client("s3").put_object(Key=key, Body=json.dumps(body).encode(), **bucket_arguments(target))


def serial(target: Target) -> int:
    """Return the serial of the only state in the bucket of a target."""
    (state,) = read_states(target)
    assert state.document is not None
    return int(state.document["serial"])


def test_every_state_is_copied_with_the_key_of_the_copy(target: Target) -> None:
    correct_state_bucket(target, dry_run=False)
    there = copy.of_copy(target)
    assert there.environment.state_bucket == target.environment.state_bucket.replace("-state-", "-state-copy-")
    write(target, 1)
    assert serial(there) == 1
    rule = there.client("s3").get_bucket_encryption(**bucket_arguments(there))["ServerSideEncryptionConfiguration"]
    key = rule["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert key.split(":")[3] == "eu-west-1"
    found = target.client("s3").get_bucket_replication(**bucket_arguments(target))["ReplicationConfiguration"]
    assert found["Rules"][0]["Destination"]["EncryptionConfiguration"] == {"ReplicaKmsKeyID": key}
    assert correct_state_bucket(target, dry_run=True) == []


def test_what_was_there_before_is_copied_too(target: Target) -> None:
    without = replace(target, environment=replace(target.environment, state_copy=None))
    correct_state_bucket(without, dry_run=False)
    write(target, 7)
    shown = {(one.subject.partition(" ")[0], one.setting) for one in correct_state_bucket(target, dry_run=True)}
    assert {("bucket", "bucket"), ("key", "key"), ("role", "role"), ("bucket", "copies")} <= shown
    correct_state_bucket(target, dry_run=False)
    assert serial(copy.of_copy(target)) == 7
    assert correct_state_bucket(target, dry_run=True) == []


def test_without_the_setting_the_copies_stop(target: Target) -> None:
    """What was copied stays; a role that S3 no longer needs does not."""
    correct_state_bucket(target, dry_run=False)
    without = replace(target, environment=replace(target.environment, state_copy=None))
    shown = [(one.subject.partition(" ")[0], one.setting) for one in correct_state_bucket(without, dry_run=True)]
    assert shown == [("bucket", "replication"), ("role", "role")]
    # A run that was killed half-way.
    target.client("iam").delete_role_policy(RoleName=copy.role_name(target), PolicyName="copy")
    correct_state_bucket(without, dry_run=False)
    assert correct_state_bucket(without, dry_run=True) == []
    with pytest.raises(ClientError, match="NoSuchEntity"):
        target.client("iam").get_role(RoleName=copy.role_name(target))
    write(target, 3)
    assert read_states(copy.of_copy(target)) == []
    correct_state_bucket(target, dry_run=False)
    assert serial(copy.of_copy(target)) == 3


def test_the_rights_that_bootstrap_prints_make_the_copies_and_stop_them(target: Target) -> None:
    rights = {"Effect": "Allow", "Action": needed_rights(roles=False, copy=True), "Resource": "*"}
    person = with_role(target, f"person-{target.environment.name}", rights)
    correct_state_bucket(person, dry_run=False)
    correct_state_bucket(replace(person, environment=replace(person.environment, state_copy=None)), dry_run=False)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        target.client("iam").get_role(RoleName=copy.role_name(target))


def test_copies_that_count_do_not_stop(target: Target) -> None:
    correct_state_bucket(target, dry_run=False)
    copy.mark_in_use(copy.of_copy(target))
    without = replace(target, environment=replace(target.environment, state_copy=None))
    with pytest.raises(UserError, match=r"were written in the copy in eu-west-1 since") as refused:
        correct_state_bucket(without, dry_run=False)
    assert "`state_copy: eu-west-1`" in refused.value.hint


WEAKEN: Mapping[str, Any] = {
    "replication": lambda t: t.client("s3").delete_bucket_replication(**bucket_arguments(t)),
    "policy": lambda t: t.client("iam").delete_role_policy(RoleName=copy.role_name(t), PolicyName="copy"),
    "trust": lambda t: t.client("iam").update_assume_role_policy(
        RoleName=copy.role_name(t),
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        ),
    ),
}


@pytest.mark.parametrize("setting", WEAKEN)
def test_a_changed_setting_is_corrected(target: Target, setting: str) -> None:
    correct_state_bucket(target, dry_run=False)
    WEAKEN[setting](target)
    assert [change.setting for change in correct_state_bucket(target, dry_run=False)] == [setting]
    assert correct_state_bucket(target, dry_run=True) == []


def test_the_primary_region_is_refused_while_the_copy_is_used_and_its_states_come_back(target: Target) -> None:
    correct_state_bucket(target, dry_run=False)
    there = copy.of_copy(target)
    write(target, 3)
    copy.require_copy_unused(target)
    assert list(repair.list_newer(target)) == []

    copy.mark_in_use(there)
    write(there, 4)
    copy.require_copy_unused(there)
    with pytest.raises(UserError, match=r"states were written in the copy in eu-west-1 since 20") as caught:
        copy.require_copy_unused(target)
    assert f"meridian recover {target.environment.name} --target local" in caught.value.hint

    steps = list(repair.list_newer(target))
    assert [(one.kind, one.unit) for one in steps] == [("bring back", UNIT), ("end", "")]
    assert "serial 4 of the copy in the place of serial 3" in steps[0].sentence
    for one in steps:
        one.do()
    assert serial(target) == 4
    copy.require_copy_unused(target)
    assert list(repair.list_newer(target)) == []


def test_states_of_two_histories_are_left_to_a_person(target: Target) -> None:
    correct_state_bucket(target, dry_run=False)
    write(target, 3)
    copy.mark_in_use(copy.of_copy(target))
    write(copy.of_copy(target), 4, lineage="other")
    with pytest.raises(CouldNotTell, match="not of one history"):
        list(repair.list_newer(target))


def test_what_was_written_on_both_sides_is_left_to_a_person(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same history, but neither side ever had what the other has now: here replication copies at once."""
    correct_state_bucket(target, dry_run=False)
    write(target, 3)
    copy.mark_in_use(copy.of_copy(target))
    write(copy.of_copy(target), 4)
    monkeypatch.setattr(copy, "has_version", lambda *_: False)
    with pytest.raises(CouldNotTell, match="both regions have written its state since the last copy"):
        list(repair.list_newer(target))


def test_a_lost_region_of_the_copy_does_not_stop_the_primary_one(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lost(_: Target) -> str:
        raise EndpointConnectionError(endpoint_url="https://s3.eu-west-1.amazonaws.com")

    monkeypatch.setattr(copy, "read_mark", lost)
    copy.require_copy_unused(target)
    assert "eu-west-1 does not answer" in capsys.readouterr().err
    monkeypatch.setattr(repair, "read_mark", lost)
    with pytest.raises(CouldNotTell, match="the copy of the states cannot be read"):
        list(repair.list_newer(target))


def test_credentials_that_may_not_read_the_copy_cannot_tell(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    correct_state_bucket(target, dry_run=False)
    denied = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    s3 = as_role(target, f"none-{target.environment.name}", denied)("s3")
    monkeypatch.setattr(Target, "client", lambda *_: s3)
    with pytest.raises(ClientError, match="AccessDenied"):
        copy.read_mark(target)
    with pytest.raises(CouldNotTell, match="is unknown"):
        copy.require_copy_unused(target)


def test_an_environment_without_a_copy_asks_nothing(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "read_mark", lambda _: pytest.fail("It was asked."))
    copy.require_copy_unused(replace(target, environment=replace(target.environment, state_copy=None)))
