"""Ends a Terragrunt that runs: each Terraform in it gets the time to save its state and release its lock."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from meridian.console import say
from meridian.engines import ENGINES
from meridian.plans.progress import Progress
from meridian.state.contents import STATE
from meridian.targets import Target

GRACE_SECONDS = 120
LOOK_SECONDS = 0.2
PROGRAMS = {engine.program for engine in ENGINES.values()}
STATE_KEY = re.compile(r'^\s*key\s*=\s*"([^"]+)"', re.MULTILINE)
"""The key of a unit's state in the backend.tf that Terragrunt writes before Terraform starts."""


def end_run(process: "subprocess.Popen[str]", target: Target, progress: Progress) -> None:
    """Interrupt Terraform and read on until it has ended; kill it after a second interrupt, or if it takes too long."""
    with suppress(OSError):
        say("   interrupted: waiting until Terraform has saved its states and released its locks")
        say("   a second Ctrl-C kills it: what it has just created may then be missing in its state")
    patience = threading.Timer(GRACE_SECONDS, _kill, [process, target])
    patience.start()
    threading.Thread(target=_interrupt, args=[process], daemon=True).start()
    try:
        # If nothing read its output, it would block.
        for line in process.stdout or ():
            with suppress(OSError):
                progress.line(line)
        process.wait()
    except KeyboardInterrupt:
        _kill(process, target)
    finally:
        patience.cancel()


def _interrupt(process: "subprocess.Popen[str]") -> None:
    """Interrupt each Terraform once, and Terragrunt when none is left.

    An interrupted Terragrunt passes the interrupt on after 15 seconds, and Terraform loses what it works on if it
    gets a second one.
    """
    told: set[psutil.Process] = set()
    ending = False
    while process.poll() is None:
        working = set(_engines(process.pid))
        for one in working - told:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGINT)
        told |= working
        if not working and not ending:
            _signal(process, signal.SIGINT)
            # What had just started got this one; what starts after it gets its own.
            told, ending = set(_engines(process.pid)), True
        time.sleep(LOOK_SECONDS)


def _kill(process: "subprocess.Popen[str]", target: Target) -> None:
    """Kill Terragrunt and all that it runs, after the units were named whose states may now lack something."""
    units = ", ".join(_running_units(process.pid)) or "no unit"
    with suppress(OSError):
        say(f"   killed while at work: {units}. Locks stay, and their states may lack what was just created.")
        say(f"   Next: `meridian recover {target.arguments}`.")
    _signal(process, signal.SIGKILL)


def _signal(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _running_units(group: int) -> list[str]:
    """Return the units that a process of the group works on, by the state key in its folder, e.g. us-east-1/data."""
    found = set()
    for process in _engines(group):
        with suppress(OSError, psutil.Error):
            backend = (Path(process.cwd()) / "backend.tf").read_text(encoding="utf-8")
            # live/<environment>/<region>/<unit>/terraform.tfstate
            found |= {"/".join(key.removesuffix(STATE).split("/")[2:]) for key in STATE_KEY.findall(backend)}
    return sorted(found)


def _engines(group: int) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and process.name() in PROGRAMS and os.getpgid(process.pid) == group:
                yield process
