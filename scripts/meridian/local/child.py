"""The emulator's process: start, health check and end."""

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from meridian import tools
from meridian.console import say
from meridian.errors import OperationFailed
from meridian.inventory.model import Environment
from meridian.local import emulator, ports

START_SECONDS = 30.0
HEALTH_SECONDS = 5.0
STOP_SECONDS = 60.0
KILL_SECONDS = 10.0
POLL_SECONDS = 0.05
LOG = "emulator.log"
LOG_LINES = 5


def launch(folder: Path, environment: Environment, port: int) -> int:
    """Start the emulator, wait until it answers, and return its process id.

    Raises OperationFailed with the log's last lines if it ends or stays silent. A failure or
    an interrupt before it answers ends it.
    """
    token = secrets.token_hex(8)
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-u", "-m", "meridian.local.emulator", str(folder), token],
            cwd=folder,
            env=environ(folder, environment, port, token),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        if not is_answering(port, token, lambda: process.poll() is None):
            code = process.poll()
            silent = f"did not answer within {START_SECONDS:.0f} s"
            raise OperationFailed(
                f"The local AWS of {environment.name} "
                f"{silent if code is None else f'ended while starting (exit code {code})'}; its log is {folder / LOG}.",
                "The log ends with:\n    " + "\n    ".join(_log(folder)[-LOG_LINES:]),
            )
    except BaseException:
        process.kill()
        process.wait()
        (folder / emulator.RECORD).unlink(missing_ok=True)
        raise
    # The process outlives this one on purpose; without a return code Popen would warn.
    process.returncode = 0
    return process.pid


def environ(folder: Path, environment: Environment, port: int, token: str) -> dict[str, str]:
    """Return the whole environment of the emulator, and so of the functions that it runs.

    It holds no variable of the caller. The variables are MiniStack's (its README, "Configuration").
    """
    return {
        "PATH": os.pathsep.join([str(tools.path("node").parent), str(Path(sys.prefix) / "bin"), os.defpath]),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1,localhost,.localhost",
        "AUTH": "true",
        "BIND_HOST": ports.LOOPBACK,
        "GATEWAY_PORT": str(port),
        # These two listeners ignore BIND_HOST.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # It would remove containers of other programs.
        "DOCKER_HOST": f"unix://{folder}/no-container-engine",
        "LAMBDA_EXECUTOR": "local",
        # Each concurrent call is a process of about 60 MB.
        "LAMBDA_ACCOUNT_CONCURRENCY": "16",
        # Its INFO lines repeat whole messages, with the addresses in them.
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": environment.account_id,
        "MINISTACK_REGION": environment.primary_region,
        # Its health page repeats this, which identifies the process.
        "MINISTACK_EDITION": token,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
    }


def is_answering(port: int, token: str, alive: Callable[[], bool]) -> bool:
    """Wait until the emulator that was started with `token` answers at `port`.

    Returns False once it is not alive, or after START_SECONDS.
    """
    until = time.monotonic() + START_SECONDS
    while alive() and time.monotonic() < until:
        connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=HEALTH_SECONDS)
        with suppress(OSError, http.client.HTTPException, ValueError):
            connection.request("GET", "/_ministack/health")
            found = json.loads(connection.getresponse().read())
            if isinstance(found, dict) and found.get("edition") == token:
                return True
        connection.close()
        time.sleep(POLL_SECONDS)
    return False


def find_process(folder: Path) -> dict[str, Any] | None:
    """Return the record (`pid`, `token`) of the emulator that runs in `folder`, or None.

    Its command line holds the token, so a recycled process id never counts.
    """
    try:
        record: dict[str, Any] = json.loads((folder / emulator.RECORD).read_text())
        return record if record["token"] in psutil.Process(record["pid"]).cmdline() else None
    except (FileNotFoundError, ValueError, psutil.Error):
        return None


def terminate(folder: Path, pid: int) -> list[str]:
    """End the emulator that runs in `folder`, after it has saved its state.

    Returns its log lines about state that it could not save.
    """
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        process = psutil.Process(pid)
        process.terminate()
        if not _ends(process, STOP_SECONDS):
            say(f"   process {pid} did not end within {STOP_SECONDS:.0f} s and is killed; unsaved state is lost")
            os.killpg(pid, signal.SIGKILL)
            _ends(process, KILL_SECONDS)
    # MiniStack only logs a failed save, e.g. on a full disk.
    return [line for line in _log(folder) if "ERROR [persistence]" in line]


def _ends(process: psutil.Process, seconds: float) -> bool:
    """Wait until a process has ended, at most `seconds`; a zombie has, even if its parent never reaps it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                # A child can be reaped only when its other threads have ended, too.
                ended, _ = os.waitpid(process.pid, os.WNOHANG)
                if ended:
                    return True
        except (ChildProcessError, psutil.NoSuchProcess):
            return True
        time.sleep(POLL_SECONDS)
    return False


def _log(folder: Path) -> list[str]:
    path = folder / LOG
    return path.read_text(errors="replace").splitlines() if path.exists() else []
