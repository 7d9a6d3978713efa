"""Records of applies: written after a success, missing in any doubt."""

import pytest

from meridian.errors import CouldNotTell
from meridian.state.records import Record, drop_records, read_records, read_state_versions, write_records
from meridian.targets import Target
from tests.plans.bucket import Bucket
from tests.plans.conftest import environment, target

__all__ = ["environment", "target"]

DATA, IDENTITY = "us-east-1/data", "us-east-1/identity"
KEY = f"live/dev/{DATA}/fingerprint.json"
ONE, OTHER = Record("a" * 64, "1.11.4", "v1"), Record("b" * 64, "1.11.4", "v1")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The state bucket, empty."""
    made = Bucket()
    monkeypatch.setattr(Target, "client", lambda *_: made)
    return made


def record(target: Target, records: dict[str, Record]) -> None:
    """Drop and write records, as an apply does."""
    write_records(target, records, drop_records(target, records))


def test_what_is_written_is_read(target: Target, bucket: Bucket) -> None:
    record(target, {DATA: ONE, IDENTITY: OTHER})
    assert read_records(target, [DATA, IDENTITY, "us-east-1/compute"]) == {DATA: ONE, IDENTITY: OTHER}
    drop_records(target, [DATA])
    assert read_records(target, [DATA, IDENTITY]) == {IDENTITY: OTHER}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b'{"format": 2, "fingerprint": "a", "engine": "1", "state": "v"}',
        b'{"format": 1, "fingerprint": "a", "engine": "1"}',
        b'{"format": 1, "fingerprint": "a", "engine": "1", "state": "v", "more": 1}',
    ],
)
def test_a_record_that_cannot_be_read_is_none(target: Target, bucket: Bucket, body: bytes) -> None:
    record(target, {IDENTITY: ONE})
    bucket.objects[KEY] = (body, "v9")
    assert read_records(target, [DATA, IDENTITY]) == {IDENTITY: ONE}


def test_records_that_cannot_be_read_are_none(target: Target, bucket: Bucket) -> None:
    record(target, {DATA: ONE})
    bucket.refuse = {"GetObject"}
    assert read_records(target, [DATA]) == {}


@pytest.mark.parametrize("other_ended", [True, False], ids=["it has ended", "it goes on"])
def test_the_record_of_another_run_leaves_none(
    target: Target, bucket: Bucket, capsys: pytest.CaptureFixture[str], other_ended: bool
) -> None:
    """Two runs worked on the unit at the same time: neither knows what the other one left."""
    dropped = drop_records(target, [DATA, IDENTITY])
    others = drop_records(target, [DATA])
    if other_ended:
        write_records(target, {DATA: ONE}, others)
    write_records(target, {DATA: OTHER, IDENTITY: OTHER}, dropped)
    if not other_ended:
        write_records(target, {DATA: ONE}, others)
    assert read_records(target, [DATA, IDENTITY]) == {IDENTITY: OTHER}
    assert f"{DATA}: `--changed` will plan it again" in capsys.readouterr().err


def test_a_record_that_cannot_be_written_ends_nothing(
    target: Target, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    dropped = drop_records(target, [DATA])
    bucket.refuse = {"PutObject"}
    write_records(target, {DATA: ONE}, dropped)
    assert read_records(target, [DATA]) == {}
    assert "AccessDenied" in capsys.readouterr().err


def test_a_record_that_cannot_be_dropped_stops_the_apply(target: Target, bucket: Bucket) -> None:
    """It would go on to say that the unit is as it was."""
    bucket.refuse = {"PutObject"}
    with pytest.raises(CouldNotTell, match="AccessDenied") as stopped:
        drop_records(target, [DATA])
    assert "s3:PutObject" in stopped.value.hint


def test_nothing_is_deleted(target: Target, bucket: Bucket) -> None:
    """The role of a pipeline may write states, not delete them."""
    bucket.refuse = {"DeleteObject"}
    record(target, {DATA: ONE})
    record(target, {DATA: OTHER})
    assert read_records(target, [DATA]) == {DATA: OTHER}


def test_without_a_bucket_there_is_nothing_to_drop(target: Target, bucket: Bucket) -> None:
    bucket.refuse, bucket.code = {"PutObject"}, "NoSuchBucket"
    assert drop_records(target, [DATA]) == {}


def test_only_a_real_version_counts(target: Target, bucket: Bucket) -> None:
    bucket.put_state(DATA)
    assert read_state_versions(target, [DATA, IDENTITY]) == {DATA: "v1", IDENTITY: ""}
    bucket.versioned = False
    bucket.put_state(DATA)
    assert read_state_versions(target, [DATA]) == {DATA: ""}
