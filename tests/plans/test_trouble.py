"""Runs that are interrupted, or that find their state locked."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from meridian import tools
from meridian.errors import CouldNotTell
from meridian.plans import terragrunt
from meridian.plans.terragrunt import RunResult
from meridian.targets import Target

# More output than a pipe holds, printed after the interrupt and before the locks are released.
SLOW_TO_END = f"""#!{sys.executable}
import pathlib, signal, sys, time
def end(*_):
    for number in range(20000):
        print(f"ending {{number}}")
    (pathlib.Path(__file__).parent / "unlocked").touch()
    sys.exit(1)
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
time.sleep(60)
"""
LOCK = """
Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error
StatusCode: 412, RequestID: 9f2e97f1, HostID:
oR3MKOM+wpjKO6CdicIo7uJjmOPRgDpAJWumhTSPaLVMf0zHXQEjfj/4ounFaQ0Q, api error
PreconditionFailed: At least one of the pre-conditions you specified did not
hold
Lock Info:
  ID:        0b5c7d1e-0000-4000-8000-000000000000
  Path:      greeter-dev-state-100000000001/live/dev/eu-west-1/data/terraform.tfstate
  Operation: OperationTypeApply
  Who:       colleague@laptop
  Version:   1.11.4
  Created:   2026-01-31 12:00:00 +0000 UTC
  Info:
"""


def test_an_interrupted_run_reads_on_until_terraform_has_ended(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "terragrunt").write_text(SLOW_TO_END)
    (folder / "terragrunt").chmod(0o755)
    monkeypatch.setattr(tools, "folder", lambda: folder)
    started: list[subprocess.Popen[str]] = []
    popen = subprocess.Popen

    def noted(*arguments: object, **options: object) -> subprocess.Popen[str]:
        started.append(popen(*arguments, **options))  # type: ignore[call-overload]
        return started[-1]

    def interrupt() -> None:
        # As a terminal does: the program that it runs, and its child.
        started[0].send_signal(signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", noted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(2, interrupt)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            terragrunt.run(target, "destroy")
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
    assert (folder / "unlocked").exists()
    assert started[0].returncode == 1
    assert "ending 19999" in (target.work_dir / "logs/destroy.log").read_text()


def test_the_holder_of_a_lock_is_named(tmp_path: Path) -> None:
    errors = {"eu-west-1/data": [LOCK], "": [f"1 error occurred:\n{LOCK}"]}
    result = RunResult(1, {"eu-west-1/data": "failed"}, errors, tmp_path / "plan.log")
    with pytest.raises(CouldNotTell) as failed:
        result.require_success("The plan")
    assert failed.value.message.splitlines() == [
        "The plan failed in eu-west-1/data.",
        "  eu-west-1/data: Error acquiring the state lock: colleague@laptop holds it since "
        "2026-01-31 12:00:00 +0000 UTC (OperationTypeApply, ID 0b5c7d1e-0000-4000-8000-000000000000)",
    ]
    assert "force-unlock" in failed.value.hint
