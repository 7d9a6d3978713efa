"""A lock is dead only if no process can hold it; every doubt keeps it."""

import fcntl
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from meridian.errors import CouldNotTell
from meridian.plans.run_lock import is_run_alive
from meridian.recover.locks import read_locks, remove_lock
from meridian.targets import Target
from tests.recover.conftest import Bucket

KEY = "live/dev/us-east-1/data/terraform.tfstate"


def lock(host: str = "", age: timedelta = timedelta(0), identity: str = "one") -> bytes:
    """Return a lock object as Terraform writes it, with nanoseconds."""
    created = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    who = f"user@{host or socket.gethostname()}"
    return json.dumps({"ID": identity, "Operation": "OperationTypeApply", "Who": who, "Created": created}).encode()


@contextmanager
def terraform(target: Target, folder: Path, key: str, endpoint: str | None = None) -> Iterator[None]:
    """Run a process of Terraform's name in a unit's download folder."""
    folder.mkdir()
    (folder / "backend.tf").write_text(
        f'bucket = "{target.environment.state_bucket}"\n    key                 = "{key}"\n'
    )
    shutil.copy(str(shutil.which("sleep")), folder / "terraform")
    environ = {"AWS_ENDPOINT_URL": endpoint or target.endpoint or ""}
    with subprocess.Popen([str(folder / "terraform"), "60"], cwd=folder, env=environ) as process:
        try:
            # Until the kernel has exchanged the program, the process has the name of this one.
            while psutil.Process(process.pid).name() != "terraform":
                time.sleep(0.01)
            yield
        finally:
            process.kill()


def test_a_lock_of_an_ended_process_is_dead(target: Target, bucket: Bucket) -> None:
    bucket.versions[f"{KEY}.tflock"] = [lock()]
    (found,) = read_locks(target)
    assert (found.unit, found.dead) == ("us-east-1/data", "no process of this machine holds it any more")
    remove_lock(target, found)
    assert read_locks(target) == []


def test_a_lock_of_a_running_process_may_be_alive(target: Target, bucket: Bucket, tmp_path: Path) -> None:
    with terraform(target, tmp_path / "unit", KEY):
        bucket.versions[f"{KEY}.tflock"] = [lock()]
        assert read_locks(target)[0].dead == ""


@pytest.mark.parametrize(
    ("key", "endpoint"),
    [
        pytest.param("live/dev/us-east-1/identity/terraform.tfstate", None, id="another state"),
        pytest.param(KEY, "http://127.0.0.1:1", id="another local AWS"),
    ],
)
def test_a_process_that_works_elsewhere_holds_nothing_here(
    target: Target, bucket: Bucket, tmp_path: Path, key: str, endpoint: str | None
) -> None:
    with terraform(target, tmp_path / "unit", key, endpoint):
        bucket.versions[f"{KEY}.tflock"] = [lock()]
        assert read_locks(target)[0].dead != ""


def test_a_process_that_started_later_holds_nothing(target: Target, bucket: Bucket, tmp_path: Path) -> None:
    with terraform(target, tmp_path / "unit", KEY):
        bucket.versions[f"{KEY}.tflock"] = [lock(age=timedelta(minutes=1))]
        assert read_locks(target)[0].dead != ""


@pytest.mark.parametrize("body", [lock(host="elsewhere"), b"", b"[]", b'{"Who": "user@here"}'])
def test_doubt_keeps_a_lock(target: Target, bucket: Bucket, body: bytes) -> None:
    bucket.versions[f"{KEY}.tflock"] = [body]
    assert read_locks(target)[0].dead == ""


def test_no_run_lasts_twelve_hours(target: Target, bucket: Bucket) -> None:
    bucket.versions[f"{KEY}.tflock"] = [lock(host="elsewhere", age=timedelta(hours=13))]
    assert read_locks(target)[0].dead == "it is older than 12 hours"


def test_a_lock_that_was_taken_again_stays(target: Target, bucket: Bucket) -> None:
    bucket.versions[f"{KEY}.tflock"] = [lock()]
    (found,) = read_locks(target)
    bucket.versions[f"{KEY}.tflock"].append(lock(identity="two"))
    with pytest.raises(CouldNotTell, match="another run took the lock just now"):
        remove_lock(target, found)
    assert bucket.versions[f"{KEY}.tflock"][-1] is not None


def test_a_held_run_file_is_a_run(target: Target) -> None:
    assert not is_run_alive(target)
    target.work_dir.mkdir(parents=True)
    with (target.work_dir / "run.json").open("w") as held:
        assert not is_run_alive(target)
        fcntl.flock(held, fcntl.LOCK_EX)
        assert is_run_alive(target)
    assert not is_run_alive(target)
