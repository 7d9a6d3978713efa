"""Runs that are interrupted, or that find their state locked."""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from meridian import tools
from meridian.cli import COMMANDS
from meridian.errors import CouldNotTell, OperationFailed
from meridian.plans import interrupt, terragrunt
from meridian.plans.terragrunt import RunResult
from meridian.signals import interrupting_signals
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
# It counts its interrupts while it takes two seconds to end.
TERRAFORM = f"""#!{sys.executable}
import os, pathlib, signal, sys, time
here, interrupts = pathlib.Path(__file__).parent, []
signal.signal(signal.SIGINT, lambda *_: interrupts.append(1))
(here / "ready").touch()
while not interrupts:
    time.sleep(0.1)
(here / "told").touch()
time.sleep(2)
(here / f"interrupts.{{os.getpid()}}").write_text(str(len(interrupts)))
"""
# It starts another unit when the first one was interrupted, and passes an interrupt on, as the real one does.
TERRAGRUNT = f"""#!{sys.executable}
import pathlib, signal, subprocess, sys, time
here = pathlib.Path(__file__).parent
def start():
    return subprocess.Popen([str(here / "terraform")])
def end(number, _):
    (here / "running").write_text(str([one.poll() is None for one in units]))
    for one in units:
        one.send_signal(number)
    sys.exit(1)
units = [start()]
signal.signal(signal.SIGINT, end)
while not (here / "told").exists():
    time.sleep(0.1)
units.append(start())
for one in units:
    one.wait()
signal.pause()
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


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that puts a script where the pinned Terragrunt is, and returns its folder."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setattr(tools, "folder", lambda: folder)

    def put(script: str) -> Path:
        (folder / "terragrunt").write_text(script)
        (folder / "terragrunt").chmod(0o755)
        return folder

    return put


@contextmanager
def signals_after(*numbers: int, ready: Path | None = None) -> Iterator[None]:
    """Send this process alone each signal, two seconds apart: as `kill` does, and unlike a terminal.

    It begins when the file `ready` exists.
    """

    def send() -> None:
        while ready and not ready.exists():
            if ended.wait(0.1):
                return
        for number in numbers:
            if ended.wait(2):
                return
            os.kill(os.getpid(), number)

    ended = threading.Event()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        with interrupting_signals():
            yield
    finally:
        ended.set()
        sender.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_reads_on_until_terraform_has_ended(
    target: Target, runs: Callable[[str], Path], number: int
) -> None:
    folder = runs(SLOW_TO_END)
    with pytest.raises(KeyboardInterrupt), signals_after(number):
        terragrunt.run(target, "destroy")
    assert (folder / "unlocked").exists()
    assert "ending 19999" in (target.work_dir / "logs/destroy.log").read_text()


def test_every_terraform_gets_one_interrupt(target: Target, runs: Callable[[str], Path]) -> None:
    """Also one that Terragrunt starts after the interrupt; Terragrunt itself is interrupted when none is left."""
    folder = runs(TERRAGRUNT)
    (folder / "terraform").write_text(TERRAFORM)
    (folder / "terraform").chmod(0o755)
    with pytest.raises(KeyboardInterrupt), signals_after(signal.SIGTERM, ready=folder / "ready"):
        terragrunt.run(target, "apply")
    assert {path.read_text() for path in folder.glob("interrupts.*")} == {"1"}
    assert (folder / "running").read_text() == "[False, False]"


def test_a_second_interrupt_names_what_is_lost_and_kills(
    target: Target, runs: Callable[[str], Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupt, "PROGRAMS", {"sleep"})
    working = target.root / "download"
    working.mkdir()
    (working / "backend.tf").write_text('    key = "live/dev/us-east-1/data/terraform.tfstate"\n')
    runs(f"#!/bin/sh\ntrap : INT\ncd {working}\necho ready\nwhile :; do (trap '' INT; exec sleep 100); done\n")
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), signals_after(signal.SIGINT, signal.SIGINT):
        terragrunt.run(target, "apply")
    assert time.monotonic() - begun < 60
    said = capsys.readouterr().err
    assert "killed while at work: us-east-1/data. Locks stay" in said
    assert "Next: `meridian recover dev --target local`." in said


def test_the_holder_of_a_lock_is_named(tmp_path: Path) -> None:
    errors = {"eu-west-1/data": [LOCK], "": [f"1 error occurred:\n{LOCK}"]}
    units = {"eu-west-1/data": "failed"}
    result = RunResult(1, units, errors, tmp_path / "plan.log", "dev --target local", "meridian plan dev")
    with pytest.raises(CouldNotTell) as failed:
        result.require_success("The plan")
    assert failed.value.message.splitlines() == [
        "The plan failed in eu-west-1/data.",
        "  eu-west-1/data: Error acquiring the state lock: colleague@laptop holds it since "
        "2026-01-31 12:00:00 +0000 UTC (OperationTypeApply, ID 0b5c7d1e-0000-4000-8000-000000000000)",
    ]
    assert "run `meridian plan dev`" in failed.value.hint
    assert "`meridian recover dev --target local`" in failed.value.hint


def test_what_a_condition_asks_for_is_among_the_first_lines() -> None:
    """Terraform prints it last, below the line of code and the values."""
    text = """\
Error: Resource postcondition failed

  on certificate.tf line 23, in resource "aws_route53_record" "validation":
  23:       condition     = self.fqdn == trimsuffix(self.name, ".")
    ├────────────────
    │ self.fqdn is "_1a2b.www.example.com.api.example.com"
    │ self.name is "_1a2b.www.example.com"

www.example.com is not in the hosted zone, so AWS would never issue its
certificate: give edge.name another name, below that of the zone.
"""
    found = terragrunt.first_lines([text])
    assert found[1].startswith("on certificate.tf line 23")
    assert found[-1] == "certificate: give edge.name another name, below that of the zone."
    assert "23: " not in "\n".join(found)
    assert "├" not in "\n".join(found)
    assert len(terragrunt.first_lines(["\n".join(f"line {number}" for number in range(20))])) == 8


def test_every_hint_names_a_command_of_the_command_line(tmp_path: Path) -> None:
    for sign, kind, _ in (*terragrunt.REASONS, ("anything else", OperationFailed, "")):
        result = RunResult(1, {"u": "failed"}, {"u": [sign]}, tmp_path / "log", "dev --target aws", "meridian plan dev")
        with pytest.raises(kind) as failed:
            result.require_success("The apply")
        commands = re.findall(r"`meridian ([a-z-]+) dev( --target aws)?`", failed.value.hint)
        assert commands, failed.value.hint
        assert {name for name, _ in commands} <= COMMANDS.keys() | {"recover"}
