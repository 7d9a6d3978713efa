"""The run file of a target: held while a command of this checkout works on it, so that a second one stays away."""

import fcntl
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from meridian.errors import CouldNotTell
from meridian.paths import out_dir
from meridian.state.locks import require_unlocked
from meridian.targets import Target

RUN = "run.json"
# Another process that only looks whether the file is held, holds it for a moment.
ATTEMPTS = 5
PAUSE_SECONDS = 0.1
_held: dict[Path, int] = {}


def begin_run(target: Target, command: str, *, lock: bool = True) -> None:
    """Begin a command that runs Terragrunt: no other run of this checkout, and no lock in the state bucket.

    Without `lock` the command takes no lock itself, so one in the bucket does not matter. Raises CouldNotTell with who
    holds what since when; nothing is changed then.
    """
    hold_run_file(target, command)
    if lock:
        require_unlocked(target)


def hold_run_file(target: Target, command: str) -> int:
    """Hold out/<target>/<env>/run.json until this process ends, and return its descriptor; again is no harm.

    Terragrunt inherits the descriptor: if it outlives a killed command, the run counts as alive.
    Raises CouldNotTell if another process holds it.
    """
    path = target.work_dir / RUN
    if path in _held:
        return _held[path]
    out_dir(target.root)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not _lock(handle):
        os.close(handle)
        raise _held_by_another(target, path)
    run = {"pid": os.getpid(), "command": command, "started": datetime.now(UTC).isoformat(timespec="seconds")}
    text = (json.dumps(run) + "\n").encode()
    os.pwrite(handle, text, 0)
    os.ftruncate(handle, len(text))
    _held[path] = handle
    return handle


def is_run_alive(target: Target) -> bool:
    """Return whether a command works on the target: it holds the run file."""
    try:
        handle = os.open(target.work_dir / RUN, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _lock(handle: int) -> bool:
    for _ in range(ATTEMPTS):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE_SECONDS)
        else:
            return True
    return False


def _held_by_another(target: Target, path: Path) -> CouldNotTell:
    try:
        run: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        who = f"`meridian {run['command']}` (process {run['pid']}) works on it since {run['started']}"
    except (KeyError, OSError, TypeError, ValueError):
        who = "another command works on it"
    return CouldNotTell(f"{target.arguments}: {who}.", "Wait until it has ended; this run has changed nothing.")
