"""The state locks of an environment, and whether the run that holds one can still be alive."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from meridian.aws import AWS_ERRORS
from meridian.errors import CouldNotTell
from meridian.plans.interrupt import PROGRAMS, STATE_KEY
from meridian.state.contents import LOCK, bucket_arguments
from meridian.state.locks import StateLock, parse_lock, read_state_locks
from meridian.targets import Target

LONGEST_RUN = timedelta(hours=12)
"""No run lasts longer: an older lock is dead on whatever host it was made."""
CLOCK_SECONDS = 10
"""How far a process's start, which is counted from the machine's start, may be from the clock of a lock."""


@dataclass(frozen=True)
class Lock(StateLock):
    """A lock; `dead` says why its run has ended, and is empty if it may be alive."""

    dead: str = ""

    def __str__(self) -> str:
        """Return the holder in one line."""
        return f"{self.who} holds it since {self.created} ({self.operation}, ID {self.id})"


def read_locks(target: Target) -> list[Lock]:
    """Return every lock of the environment, sorted by unit; raises CouldNotTell if the bucket cannot be read."""
    try:
        locks = read_state_locks(target)
    except AWS_ERRORS as error:
        bucket = target.environment.state_bucket
        raise CouldNotTell(f"The locks in {bucket} cannot be read: {error}.") from error
    return [Lock(**vars(lock), dead=_why_dead(target, lock)) for lock in locks]


def remove_lock(target: Target, lock: Lock) -> None:
    """Delete a lock object, unless another run has taken the lock since it was read."""
    client = target.client("s3")
    where = bucket_arguments(target)
    try:
        now = parse_lock(lock.unit, lock.key, client.get_object(Key=lock.key, **where)["Body"].read())
    except client.exceptions.NoSuchKey:
        return
    if (now.id, now.created) != (lock.id, lock.created):
        raise CouldNotTell(f"{lock.unit}: another run took the lock just now: {now}.", "Wait until it has ended.")
    client.delete_object(Key=lock.key, **where)


def _why_dead(target: Target, lock: StateLock) -> str:
    """Return why the run that holds a lock has ended; empty if it may be alive."""
    created = _time(lock.created)
    if created and datetime.now(UTC) - created > LONGEST_RUN:
        return f"it is older than {LONGEST_RUN // timedelta(hours=1)} hours"
    if created and _host(lock.who) == socket.gethostname() and not any(_holders(target, lock, created)):
        return "no process of this machine holds it any more"
    return ""


def _host(who: str) -> str:
    return who.rpartition("@")[2]


def _time(text: str) -> datetime | None:
    # Terraform writes nanoseconds.
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _holders(target: Target, lock: StateLock, created: datetime) -> Iterator[psutil.Process]:
    """Yield each process of this machine that may hold the lock: a Terraform that is not known to do other work."""
    state = lock.key.removesuffix(LOCK)
    for process in psutil.process_iter():
        try:
            if process.name() not in PROGRAMS or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.create_time() > created.timestamp() + CLOCK_SECONDS:
                continue
            if not _works_elsewhere(target, state, process):
                yield process
        except psutil.NoSuchProcess:
            continue


def _works_elsewhere(target: Target, state: str, process: psutil.Process) -> bool:
    """Return whether a process works on another state, or on another local AWS; False if that cannot be seen."""
    try:
        folder = Path(process.cwd())
        # Terragrunt writes this file before Terraform starts in a unit.
        if folder.is_dir() and not (folder / "backend.tf").exists():
            return True
        backend = (folder / "backend.tf").read_text(encoding="utf-8")
        variables = process.environ()
    except (OSError, UnicodeDecodeError, psutil.AccessDenied):
        return False
    other_key = STATE_KEY.findall(backend) != [state] or target.environment.state_bucket not in backend
    # The variables of a process that has just started are empty.
    elsewhere = target.endpoint is not None and variables.get("AWS_ENDPOINT_URL", "") != target.endpoint
    return other_key or (bool(variables) and elsewhere)
