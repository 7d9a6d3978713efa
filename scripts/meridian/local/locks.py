"""Locks that the kernel releases when their holder dies, however it dies."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from meridian.console import say
from meridian.errors import CouldNotTell, OperationFailed

POLL_SECONDS = 0.05
# `holder` takes the lock for an instant, and a record is written right after locking.
SETTLE_SECONDS = 2.0


@contextmanager
def exclusive(path: Path, wait_seconds: float) -> Iterator[None]:
    """Run the block in one process at a time; the others wait.

    Raises CouldNotTell if the lock is still held after `wait_seconds`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a") as file:
        if not _locks(file.fileno(), 0):
            say("   another command is starting or stopping a local AWS on this machine; waiting for it")
            if not _locks(file.fileno(), wait_seconds):
                raise CouldNotTell(
                    f"Another command has held {path} for {wait_seconds:.0f} s.",
                    "Wait until it ends, or end it, then run this again.",
                )
        yield


@contextmanager
def record(path: Path, body: dict[str, Any]) -> Iterator[None]:
    """Hold `path` until this process is gone, with `body` in it.

    An orderly end adds `ended: true`: a record without it and without a holder means a crash or a kill.
    Raises OperationFailed if another process holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not _locks(handle, SETTLE_SECONDS):
        raise OperationFailed(f"{path} is held by another process.", "Stop it with `meridian down`.")
    _write(handle, body)
    yield
    # The handle stays open: threads and children are still ending, so the process is not gone yet.
    _write(handle, body | {"ended": True})


def ended_badly(path: Path) -> bool:
    """Return whether the last holder of a free record was killed; also True for a damaged record."""
    return path.is_file() and not _body(path.read_text(errors="replace")).get("ended", False)


def read_holder(path: Path) -> dict[str, Any] | None:
    """Return the record of the process that holds `path`, or None if none does.

    A recycled process id never counts as the holder: the kernel knows who has the lock.
    """
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            with path.open() as file:
                if _locks(file.fileno(), 0, fcntl.LOCK_SH):
                    return None
                body = _body(file.read())
        except FileNotFoundError:
            return None
        if body:
            return body
        if time.monotonic() > until:
            raise OperationFailed(f"{path} is held by a process that did not write its id.", "Run the command again.")
        time.sleep(POLL_SECONDS)


def _body(text: str) -> dict[str, Any]:
    """Return a record's content; empty if it is damaged or not written yet."""
    with suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    return {}


def _write(handle: int, body: dict[str, Any]) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(body).encode(), 0)


def _locks(handle: int, wait_seconds: float, kind: int = fcntl.LOCK_EX) -> bool:
    until = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(POLL_SECONDS)
