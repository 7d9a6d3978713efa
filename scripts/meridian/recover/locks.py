"""The state locks of an environment, and whether the run that holds one can still be alive."""

import fcntl
import json
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from meridian.errors import CouldNotTell
from meridian.state.contents import LOCK, STATE
from meridian.targets import Target

LONGEST_RUN = timedelta(hours=12)
"""No run lasts longer: an older lock is dead on whatever host it was made."""
CLOCK_SECONDS = 10
"""How far a process's start, which is counted from the machine's start, may be from the clock of a lock."""
ENGINES = ("terraform", "tofu")
KEY = re.compile(r'^\s*key\s*=\s*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Lock:
    """A lock object of the state bucket; `dead` says why its run has ended, and is empty if it may be alive."""

    unit: str
    key: str
    id: str
    operation: str
    who: str
    created: str
    dead: str = ""

    def __str__(self) -> str:
        """Return the holder in one line."""
        return f"{self.who} holds it since {self.created} ({self.operation}, ID {self.id})"


def read_locks(target: Target) -> list[Lock]:
    """Return every lock of the environment, sorted by unit; raises CouldNotTell if the bucket cannot be read."""
    environment, client = target.environment, target.client("s3")
    prefix = f"live/{environment.name}/"
    where = {"Bucket": environment.state_bucket, "ExpectedBucketOwner": environment.account_id}
    try:
        pages = client.get_paginator("list_objects_v2").paginate(Prefix=prefix, **where)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(LOCK)]
        bodies = {key: client.get_object(Key=key, **where)["Body"].read() for key in keys}
    except (ClientError, BotoCoreError) as error:
        raise CouldNotTell(f"The locks in {environment.state_bucket} cannot be read: {error}.") from error
    return [_judge(target, read_lock(key, key[len(prefix) : -len(STATE + LOCK)], bodies[key])) for key in sorted(keys)]


def read_lock(key: str, unit: str, body: bytes) -> Lock:
    """Return a lock object as Terraform writes it; a field that is missing is "unknown"."""
    try:
        found = json.loads(body)
        values = [str(found.get(name) or "unknown") for name in ("ID", "Operation", "Who", "Created")]
    except (ValueError, AttributeError):
        values = ["unknown"] * 4
    return Lock(unit, key, *values)


def remove_lock(target: Target, lock: Lock) -> None:
    """Delete a lock object, unless another run has taken the lock since it was read."""
    client = target.client("s3")
    where = {"Bucket": target.environment.state_bucket, "ExpectedBucketOwner": target.environment.account_id}
    try:
        now = read_lock(lock.key, lock.unit, client.get_object(Key=lock.key, **where)["Body"].read())
    except client.exceptions.NoSuchKey:
        return
    if (now.id, now.created) != (lock.id, lock.created):
        raise CouldNotTell(f"{lock.unit}: another run took the lock just now: {now}.", "Wait until it has ended.")
    client.delete_object(Key=lock.key, **where)


def is_run_alive(target: Target) -> bool:
    """Return whether a command of this checkout works on the target: it holds run.json with flock."""
    try:
        handle = os.open(target.work_dir / "run.json", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _judge(target: Target, lock: Lock) -> Lock:
    """Return the lock with the reason why it is dead, if it is."""
    created, dead = _time(lock.created), ""
    if created and datetime.now(UTC) - created > LONGEST_RUN:
        dead = f"it is older than {LONGEST_RUN // timedelta(hours=1)} hours"
    elif created and _host(lock.who) == socket.gethostname() and not any(_holders(target, lock, created)):
        dead = "no process of this machine holds it any more"
    return Lock(lock.unit, lock.key, lock.id, lock.operation, lock.who, lock.created, dead)


def _host(who: str) -> str:
    return who.rpartition("@")[2]


def _time(text: str) -> datetime | None:
    # Terraform writes nanoseconds.
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _holders(target: Target, lock: Lock, created: datetime) -> Iterator[psutil.Process]:
    """Yield each process of this machine that may hold the lock: a Terraform that is not known to do other work."""
    state = lock.key.removesuffix(LOCK)
    for process in psutil.process_iter():
        try:
            if process.name() not in ENGINES or process.status() == psutil.STATUS_ZOMBIE:
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
    other_key = KEY.findall(backend) != [state] or target.environment.state_bucket not in backend
    # The variables of a process that has just started are empty.
    elsewhere = target.endpoint is not None and variables.get("AWS_ENDPOINT_URL", "") != target.endpoint
    return other_key or (bool(variables) and elsewhere)
