"""Programs that run for minutes: quiet, with a line of progress every few seconds, stopped when set-up stops."""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from meridian.console import say
from meridian.errors import OperationFailed

TICK_SECONDS = 10.0
TAIL_LINES = 15


def run(
    argv: Sequence[str | Path], *, title: str, environ: Mapping[str, str], cwd: Path | None = None, hint: str = ""
) -> None:
    """Run a program and print now and then how long it has run; OperationFailed with its last lines."""
    begun = time.monotonic()
    with tempfile.NamedTemporaryFile() as log:
        child = subprocess.Popen(argv, env=environ, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while child.returncode is None:
                try:
                    child.wait(timeout=TICK_SECONDS)
                except subprocess.TimeoutExpired:
                    last = "".join(f": {line[:70]}" for line in _tail(log.name)[-1:])
                    say(f"   {title}, {time.monotonic() - begun:.0f} s{last}")
        finally:
            child.terminate()
            child.wait()
        if child.returncode != 0:
            lines = "".join(f"\n    {line}" for line in _tail(log.name))
            raise OperationFailed(f"{title} failed: {Path(argv[0]).name} exited with {child.returncode}.{lines}", hint)


def _tail(log: str) -> list[str]:
    lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.rstrip() for line in lines if line.strip()][-TAIL_LINES:]
