"""The life of a local AWS: one process for each checkout and environment."""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian import files
from meridian.console import say
from meridian.errors import OperationFailed, UserError
from meridian.inventory.model import Environment
from meridian.local import child, emulator, locks, ports, saved
from meridian.paths import state_dir
from meridian.targets import Target

# As long as one command may start or stop before the next one gives up.
TURN_SECONDS = child.START_SECONDS + child.STOP_SECONDS
INSTANCE = "instance.json"


@dataclass(frozen=True)
class Running:
    """A local AWS that answers; `started` says whether this call started it."""

    endpoint: str
    port: int
    pid: int
    log: Path
    state_dir: Path
    started: bool


def start(root: Path, environment: Environment) -> Running:
    """Start the local AWS of an environment, or find the one that runs.

    What a stopped one held is there again, at the same port. Raises UserError if it
    holds another account's things, OperationFailed if it cannot start.
    """
    folder = state_dir(root, environment.name)
    with locks.exclusive(folder.parent / "lock", TURN_SECONDS):
        running = find(root, environment)
        if running is not None:
            return running
        port = _instance(root, environment)["port"]
        if not ports.is_free(port):
            raise OperationFailed(
                f"Port {port} of the local AWS of {environment.name} is taken by {ports.owner(port)}.",
                f"End that process, or let `meridian down {environment.name} --forget` wipe {folder}: "
                "the next up takes another port.",
            )
        _clean(folder)
        saved.take(folder)
        running = _running(folder, port, child.launch(folder, environment, port), started=True)
    Target("local", root, environment, "", running.endpoint).require_account()
    return running


def find(root: Path, environment: Environment) -> Running | None:
    """Return the local AWS of an environment if it runs, else None.

    Raises UserError if it holds another account's things, OperationFailed if its
    process is there and does not answer.
    """
    folder = state_dir(root, environment.name)
    record = folder / emulator.RECORD
    held = locks.holder(record)
    if held is None:
        return None
    port = _instance(root, environment)["port"]
    if child.answers(port, held["token"], lambda: locks.holder(record) is not None):
        return _running(folder, port, held["pid"], started=False)
    if locks.holder(record) is None:
        return None
    raise OperationFailed(
        f"The local AWS of {environment.name} (process {held['pid']}) does not answer at port {port}.",
        f"Its log is {folder / child.LOG}; `meridian down {environment.name}` stops it.",
    )


def stop(root: Path, environment: str, forget: bool = False) -> bool:
    """Stop a local AWS once it has saved what it holds; with `forget`, wipe that too.

    Returns whether one ran. One that does not end in time is killed, and that is said.
    Raises OperationFailed if it could not save: the next start then goes back to this one's.
    """
    folder = state_dir(root, environment)
    if not folder.is_dir():
        return False
    record = folder / emulator.RECORD
    with locks.exclusive(folder.parent / "lock", TURN_SECONDS):
        held = locks.holder(record)
        unsaved = child.terminate(folder, held["pid"]) if held is not None else []
        if forget:
            shutil.rmtree(folder)
        elif unsaved:
            # Without a word of an orderly end in it, as after a kill; to shorten a file needs no room on the disk.
            os.truncate(record, 0)
            raise OperationFailed(
                f"The local AWS of {environment} could not save what it holds:\n    " + "\n    ".join(unsaved[:3]),
                f"Make room below {folder}; what was made since its start is gone, and the next apply makes it again.",
            )
    return held is not None


def environments(root: Path) -> list[str]:
    """Return the environments of this checkout that have a local AWS, running or stopped."""
    prefix = state_dir(root, "")
    return sorted(folder.name.removeprefix(prefix.name) for folder in prefix.parent.glob(f"{prefix.name}*"))


def _running(folder: Path, port: int, pid: int, *, started: bool) -> Running:
    return Running(f"http://{ports.LOOPBACK}:{port}", port, pid, folder / child.LOG, folder, started)


def _instance(root: Path, environment: Environment) -> dict[str, Any]:
    """Return what is fixed for the life of the state: its port, account and checkout."""
    folder = state_dir(root, environment.name)
    path = folder / INSTANCE
    instance = _read(path)
    if instance is not None:
        if instance["account_id"] != environment.account_id:
            raise UserError(
                f"The local AWS of {environment.name} holds account {instance['account_id']}, "
                f"the inventory now says {environment.account_id}.",
                f"Wipe it with `meridian down {environment.name} --forget`, then `meridian up {environment.name}`.",
            )
        return instance
    if (folder / "state").exists():
        raise UserError(
            f"{path} is missing or damaged, so the port in the states of {environment.name} is unknown.",
            f"Wipe them with `meridian down {environment.name} --forget`, then `meridian up {environment.name}`.",
        )
    taken = [other["port"] for path in folder.parent.glob(f"*/{INSTANCE}") if (other := _read(path))]
    instance = {"port": ports.choose(taken), "account_id": environment.account_id, "root": str(root.resolve())}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write(path, json.dumps(instance, indent=2) + "\n")
    return instance


def _read(path: Path) -> dict[str, Any] | None:
    """Return what an instance file says, or None if it is not there or not whole."""
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text())
        port = found.get("port") if isinstance(found, dict) else None
        if type(port) is int and 0 < port < 2**16 and "account_id" in found:
            return dict(found)
    return None


def _clean(folder: Path) -> None:
    """Remove what a dead process left: its record, temporary files, the log before last."""
    record = folder / emulator.RECORD
    if locks.ended_badly(record):
        say("   the last local AWS here ended before it could save: what it made since its start is gone,")
        say("   and the next apply makes it again")
        saved.go_back(folder)
    record.unlink(missing_ok=True)
    for name in ("tmp", "home"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(mode=0o700)
    if (folder / child.LOG).exists():
        (folder / child.LOG).replace(folder / f"{child.LOG}.1")
