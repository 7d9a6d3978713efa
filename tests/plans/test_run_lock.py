"""One command at a time: the run file of a checkout, and the locks in the state bucket."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from meridian import tools
from meridian.errors import CouldNotTell
from meridian.plans import run_lock, terragrunt
from meridian.plans.saved import Plans
from meridian.state import locks
from meridian.targets import Target

HOLDER = {
    "ID": "0b5c7d1e",
    "Operation": "OperationTypeApply",
    "Who": "colleague@laptop",
    "Created": "2026-01-31T12:00:00.123456789Z",
}
HOLD = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(handle, fcntl.LOCK_EX)
os.write(handle, sys.argv[2].encode())
print("held", flush=True)
sys.stdin.read()
"""


def hold(target: Target, text: str) -> "subprocess.Popen[str]":
    """Hold the target's run file in another process, until its stdin is closed."""
    target.work_dir.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", HOLD, str(target.work_dir / "run.json"), text]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def held_by_others(target: Target) -> bool:
    """Return whether another process sees the run file as held."""
    probe = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB)"
    command = [sys.executable, "-c", probe, str(target.work_dir / "run.json")]
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_a_second_run_says_who_works_since_when_and_changes_nothing(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "folder", lambda: tmp_path / "not installed")
    plans = Plans(target)
    (plans.folder / "us-east-1/data").mkdir(parents=True)
    run = {"pid": 4711, "command": "apply", "started": "2026-11-26T19:20:02+00:00"}
    with hold(target, json.dumps(run)) as other:
        for work in (lambda: run_lock.begin_run(target, "plan"), lambda: terragrunt.run(target, "plan")):
            with pytest.raises(CouldNotTell) as refused:
                work()
            assert refused.value.message == (
                "dev --target local: `meridian apply` (process 4711) works on it since 2026-11-26T19:20:02+00:00."
            )
        other.communicate()
    assert (plans.folder / "us-east-1/data").is_dir()
    assert json.loads((target.work_dir / "run.json").read_text()) == run
    assert run_lock.hold_run_file(target, "plan")


def test_a_run_file_that_says_nothing_still_holds(target: Target) -> None:
    with hold(target, "") as other:
        with pytest.raises(CouldNotTell, match="another command works on it"):
            run_lock.hold_run_file(target, "plan")
        other.communicate()


def test_the_run_file_says_who_works_and_a_process_may_hold_it_twice(target: Target) -> None:
    handle = run_lock.hold_run_file(target, "apply")
    assert run_lock.hold_run_file(target, "plan") == handle
    run = json.loads((target.work_dir / "run.json").read_text())
    assert (run["pid"], run["command"]) == (os.getpid(), "apply")
    assert run["started"].endswith("+00:00")
    assert held_by_others(target)


def listed(monkeypatch: pytest.MonkeyPatch, target: Target, bodies: dict[str, bytes] | None) -> None:
    """Let the state bucket hold these objects; None: let it be missing."""
    client: Any = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    stub = Stubber(client)
    where = {"Bucket": target.environment.state_bucket, "ExpectedBucketOwner": target.environment.account_id}
    if bodies is None:
        stub.add_client_error("list_objects_v2", "NoSuchBucket")
    else:
        answer = {"Contents": [{"Key": key} for key in bodies], "IsTruncated": False}
        stub.add_response("list_objects_v2", answer, where | {"Prefix": "live/dev/"})
        for key, body in bodies.items():
            if not body:
                stub.add_client_error("get_object", "NoSuchKey", expected_params=where | {"Key": key})
            elif key.endswith(".tflock"):
                read = {"Body": type("Stream", (), {"read": lambda _, text=body: text})()}
                stub.add_response("get_object", read, where | {"Key": key})
    stub.activate()
    monkeypatch.setattr(Target, "client", lambda *_: client)


def test_locks_are_named_before_terraform_waits_for_them(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "live/dev/{}/terraform.tfstate"
    held = {
        key.format("eu-west-1/data"): b"{}",
        key.format("eu-west-1/data") + ".tflock": json.dumps(HOLDER).encode(),
        key.format("us-east-1/data") + ".tflock": b"",
        key.format("us-east-1/compute") + ".tflock": b"cut o",
    }
    listed(monkeypatch, target, held)
    with pytest.raises(CouldNotTell) as refused:
        run_lock.begin_run(target, "plan")
    assert refused.value.message.splitlines()[1:] == [
        "  eu-west-1/data: colleague@laptop holds it since 2026-01-31T12:00:00.123456789Z "
        "(OperationTypeApply, ID 0b5c7d1e)",
        "  us-east-1/compute: unknown holds it since unknown (unknown, ID unknown)",
    ]
    assert "`meridian recover dev --target local`" in refused.value.hint


@pytest.mark.parametrize("bodies", [None, {}, {"live/dev/us-east-1/data/terraform.tfstate": b"{}"}])
def test_without_locks_a_run_begins(
    target: Target, monkeypatch: pytest.MonkeyPatch, bodies: dict[str, bytes] | None
) -> None:
    listed(monkeypatch, target, bodies)
    run_lock.begin_run(target, "plan")


def test_locks_that_cannot_be_read_are_left_to_terraform(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client: Any = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    stub = Stubber(client)
    stub.add_client_error("list_objects_v2", "AccessDenied")
    stub.activate()
    monkeypatch.setattr(Target, "client", lambda *_: client)
    locks.require_unlocked(target)
    assert "locks not checked: " in capsys.readouterr().err
