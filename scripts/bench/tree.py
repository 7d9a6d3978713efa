"""What a command and all its descendants cost: wall time, CPU time, peak memory of all of them together."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from meridian.errors import OperationFailed

PAUSE_SECONDS = 0.5
MEGABYTE = 1_000_000


class Usage(NamedTuple):
    """Seconds on the wall, CPU seconds of all processes, and megabytes of all processes at the same time."""

    seconds: float
    cpu: float
    megabytes: float


def measure(command: Sequence[str], folder: Path, environ: Mapping[str, str], log: Path) -> Usage:
    """Run a command with exactly these variables; OperationFailed with its last output unless it exits with 0."""
    with log.open("ab") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        peak = _Peak(process.pid)
        peak.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    peak.ended.set()
    peak.join()
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise OperationFailed(f"{' '.join(command[:4])} exited with {process.returncode}:\n{said}")
    return Usage(seconds, usage.ru_utime + usage.ru_stime, peak.megabytes)


class _Peak(threading.Thread):
    """Adds up the resident memory of a process and its descendants, twice a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.ended = threading.Event()
        self.megabytes = 0.0

    def run(self) -> None:
        """Look until the process has ended."""
        while not self.ended.wait(PAUSE_SECONDS):
            self.megabytes = max(self.megabytes, _resident(self.pid) / MEGABYTE)


def _resident(pid: int) -> int:
    try:
        top = psutil.Process(pid)
        processes = [top, *top.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for one in processes:
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    return total
