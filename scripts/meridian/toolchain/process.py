"""Programs that run for minutes: quiet, with a line of progress every few seconds, stopped when set-up stops."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from meridian.console import say
from meridian.errors import OperationFailed

TICK_SECONDS = 10.0
TAIL_LINES = 15
TAIL_BYTES = 4_000


def run(
    argv: Sequence[str | Path],
    *,
    title: str,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    hint: str = "",
    tick: float = TICK_SECONDS,
) -> None:
    """Run a program and print every `tick` seconds how long it has run; OperationFailed with its last lines."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as log:
        # An interrupt waits until the child is known, so that it is stopped as well.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        try:
            child = subprocess.Popen(
                list(map(str, argv)),
                env=dict(environ),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, mask),
            )
        except OSError as error:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            raise OperationFailed(f"{title}: {argv[0]} cannot be started: {error.strerror}.", hint) from error
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            while _runs(child, tick):
                last = "".join(f": {line[:70]}" for line in _tail(log)[-1:])
                say(f"   {title}, {time.monotonic() - begun:.0f} s{last}")
        finally:
            _stop(child)
        if child.returncode != 0:
            lines = "".join(f"\n    {line}" for line in _tail(log))
            raise OperationFailed(f"{title} failed: {Path(argv[0]).name} exited with {child.returncode}.{lines}", hint)


def _tail(log: IO[bytes]) -> list[str]:
    # pread: the child writes at the position of the same open file.
    size = os.fstat(log.fileno()).st_size
    text = os.pread(log.fileno(), TAIL_BYTES, max(0, size - TAIL_BYTES)).decode(errors="replace")
    return [line.rstrip() for line in text.splitlines() if line.strip()][-TAIL_LINES:]


def _runs(child: "subprocess.Popen[bytes]", seconds: float) -> bool:
    try:
        child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def _stop(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is None:
        child.terminate()
        if _runs(child, 5):
            child.kill()
            child.wait()
