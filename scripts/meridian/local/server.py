"""Start, find and stop the local AWS: one process for each checkout and environment."""

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian import files
from meridian.console import say
from meridian.errors import OperationFailed, UserError
from meridian.inventory.model import Environment
from meridian.local import child, emulator, ports, saved
from meridian.paths import state_dir
from meridian.targets import Target

INSTANCE = "instance.json"


@dataclass(frozen=True)
class Running:
    """A local AWS that answers; `started` is True if this call started it."""

    endpoint: str
    port: int
    pid: int
    log: Path
    state_dir: Path
    started: bool


def start_server(root: Path, environment: Environment) -> Running:
    """Start the local AWS of an environment, or find the running one.

    Restores the state of a stopped one, at the same port. Raises UserError if that state
    belongs to another account, OperationFailed if it cannot start.
    """
    folder = state_dir(root, environment.name)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with files.lock_folder(folder.parent):
        running = find_server(root, environment)
        if running is not None:
            return running
        port = _instance(root, environment)["port"]
        if ports.is_in_use(port):
            raise OperationFailed(
                f"Port {port} of the local AWS of {environment.name} is in use by {ports.find_owner(port)}.",
                f"End that process, or run `meridian down {environment.name} --forget`, which deletes {folder}: "
                "the next up chooses another port.",
            )
        _clean(folder)
        saved.copy_state(folder)
        running = _running(folder, port, child.launch(folder, environment, port), started=True)
    Target("local", root, environment, "", running.endpoint).require_account()
    return running


def find_server(root: Path, environment: Environment) -> Running | None:
    """Return the local AWS of an environment if it runs, else None.

    Raises UserError if its state belongs to another account, OperationFailed if its
    process exists and does not answer.
    """
    folder = state_dir(root, environment.name)
    found = child.find_process(folder)
    if found is None:
        return None
    port = _instance(root, environment)["port"]
    if child.is_answering(port, found["token"], lambda: child.find_process(folder) is not None):
        return _running(folder, port, found["pid"], started=False)
    raise OperationFailed(
        f"The local AWS of {environment.name} (process {found['pid']}) does not answer at port {port}.",
        f"Stop it with `meridian down {environment.name}`; its log is {folder / child.LOG}.",
    )


def stop_server(root: Path, environment: str, forget: bool = False) -> bool:
    """Stop a local AWS once it has saved its state; with `forget`, delete the state.

    Returns whether one ran. Kills one that does not end in time, and prints that.
    Raises OperationFailed if it could not save: the next start then restores the state of the last one.
    """
    folder = state_dir(root, environment)
    if not folder.is_dir():
        return False
    with files.lock_folder(folder.parent):
        found = child.find_process(folder)
        unsaved = child.terminate(folder, found["pid"]) if found else []
        if forget:
            shutil.rmtree(folder)
        elif unsaved:
            # A record without a process counts as a kill.
            (folder / emulator.RECORD).touch()
            raise OperationFailed(
                f"The local AWS of {environment} could not save its state:\n    " + "\n    ".join(unsaved[:3]),
                f"Make room below {folder}. Everything since its start is lost; the next apply creates it again.",
            )
    return found is not None


def list_environments(root: Path) -> list[str]:
    """Return the environments of this checkout that have a local AWS, running or stopped."""
    prefix = state_dir(root, "")
    return sorted(folder.name.removeprefix(prefix.name) for folder in prefix.parent.glob(f"{prefix.name}*"))


def _running(folder: Path, port: int, pid: int, *, started: bool) -> Running:
    return Running(f"http://{ports.LOOPBACK}:{port}", port, pid, folder / child.LOG, folder, started)


def _instance(root: Path, environment: Environment) -> dict[str, Any]:
    """Return port and account, which stay the same for the life of the state."""
    folder = state_dir(root, environment.name)
    path = folder / INSTANCE
    instance = _read(path)
    if instance is not None:
        if instance["account_id"] != environment.account_id:
            raise UserError(
                f"The local AWS of {environment.name} belongs to account {instance['account_id']}, "
                f"the inventory now names {environment.account_id}.",
                f"Delete it with `meridian down {environment.name} --forget`, then `meridian up {environment.name}`.",
            )
        return instance
    if (folder / "state").exists():
        raise UserError(
            f"{path} is missing or damaged, so the port in the states of {environment.name} is unknown.",
            f"Delete them with `meridian down {environment.name} --forget`, then `meridian up {environment.name}`.",
        )
    taken = [other["port"] for path in folder.parent.glob(f"*/{INSTANCE}") if (other := _read(path))]
    instance = {"port": ports.choose_port(taken), "account_id": environment.account_id}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write_file(path, json.dumps(instance, indent=2) + "\n")
    return instance


def _read(path: Path) -> dict[str, Any] | None:
    """Return the content of an instance file, or None if it is missing or damaged."""
    with suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    return None


def _clean(folder: Path) -> None:
    """Remove the rest of a dead process: its record, temporary files, the log before last.

    A record that is still there means that it was killed before it could save.
    """
    record = folder / emulator.RECORD
    if record.exists():
        say("   the last local AWS ended before it could save: everything since its start is lost,")
        say("   and the next apply creates it again")
        saved.restore_state(folder)
    record.unlink(missing_ok=True)
    for name in ("tmp", "home"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(mode=0o700)
    if (folder / child.LOG).exists():
        (folder / child.LOG).replace(folder / f"{child.LOG}.1")
