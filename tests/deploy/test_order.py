"""An older commit is never applied after a newer one; the state bucket remembers the last."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.deploy.order import begin_commit
from meridian.errors import CouldNotTell, Refused
from meridian.targets import Target
from tests.gate.repository import commit, git

KEY = "live/dev/applied.json"


class NoSuchKey(ClientError):
    """The object is not there."""


class Bucket:
    """The objects of a state bucket."""

    exceptions = SimpleNamespace(NoSuchKey=NoSuchKey)

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.refuses = ""

    def get_object(self, Key: str, **_: Any) -> dict[str, Any]:
        if Key not in self.objects:
            raise NoSuchKey({"Error": {"Code": "NoSuchKey", "Message": ""}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Key: str, Body: bytes, **_: Any) -> None:
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses, "Message": ""}}, "PutObject")
        self.objects[Key] = Body


@pytest.fixture
def bucket(target: Target, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Return the state bucket of a target whose checkout is a repository with one commit."""
    found = Bucket()
    monkeypatch.setattr(Target, "client", lambda *_: found)
    git(target.root, "init", "--quiet", "--initial-branch", "main")
    change(target.root, "first")
    return found


def change(root: Path, text: str) -> str:
    """Commit a file and return the commit."""
    (root / "file").write_text(text)
    commit(root)
    return git(root, "rev-parse", "HEAD")


def test_a_newer_commit_and_the_same_one_again_are_applied(target: Target, bucket: Bucket) -> None:
    begin_commit(target)
    begin_commit(target)
    newer = change(target.root, "second")
    begin_commit(target)
    assert json.loads(bucket.objects[KEY])["commit"] == newer


def test_an_older_commit_is_refused_and_the_record_stays(target: Target, bucket: Bucket) -> None:
    older = git(target.root, "rev-parse", "HEAD")
    newer = change(target.root, "second")
    begin_commit(target)
    git(target.root, "checkout", "--quiet", older)
    with pytest.raises(Refused, match=f"dev: {older[:12]} is older than {newer[:12]}") as refused:
        begin_commit(target)
    assert "`git revert`" in refused.value.hint
    assert json.loads(bucket.objects[KEY])["commit"] == newer


def test_a_commit_of_another_branch_is_not_older(target: Target, bucket: Bucket) -> None:
    first = git(target.root, "rev-parse", "HEAD")
    change(target.root, "second")
    begin_commit(target)
    git(target.root, "checkout", "--quiet", "-b", "other", first)
    other = change(target.root, "third")
    begin_commit(target)
    assert json.loads(bucket.objects[KEY])["commit"] == other


@pytest.mark.parametrize(("text", "said"), [("{", "names no commit"), ('{"commit": "%s", "began": "x"}', "not known")])
def test_a_record_that_tells_nothing_stops_the_apply(target: Target, bucket: Bucket, text: str, said: str) -> None:
    """A clone without the recorded commit, e.g. a shallow one, cannot tell either."""
    bucket.objects[KEY] = text.replace("%s", "1" * 40).encode()
    with pytest.raises(CouldNotTell, match=said) as stopped:
        begin_commit(target)
    assert "Nothing was applied." in stopped.value.hint


def test_a_record_that_cannot_be_written_stops_the_apply(target: Target, bucket: Bucket) -> None:
    bucket.refuses = "AccessDenied"
    with pytest.raises(CouldNotTell, match="cannot be read or written"):
        begin_commit(target)
