"""Long-running programs: started quietly, heard from at least every few seconds, ended with us."""

import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from meridian.console import say
from meridian.errors import OperationFailed

TICK_SECONDS = 10.0
TAIL_LINES = 15


def run(
    argv: Sequence[str | Path],
    *,
    title: str,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    hint: str = "",
    tick: float = TICK_SECONDS,
) -> list[str]:
    """Run a program and return the last lines it printed; say every `tick` seconds how far it is.

    Raises OperationFailed, with those lines, where the program cannot be started or fails.
    """
    begun = time.monotonic()
    try:
        child = subprocess.Popen(
            [str(part) for part in argv],
            env=dict(environ),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise OperationFailed(f"{title}: {argv[0]} cannot be started: {error.strerror}.", hint) from error
    heard = _Heard(child)
    try:
        while not _ended(child, tick):
            say(f"   {title}: {time.monotonic() - begun:.0f} s{heard.progress()}")
    finally:
        _stop(child)
        heard.join()
    if child.returncode != 0:
        tail = "".join(f"\n    {line}" for line in heard.lines)
        raise OperationFailed(
            f"{title} failed: {Path(argv[0]).name} ended with {child.returncode}. Its last lines:{tail}", hint
        )
    return list(heard.lines)


class _Heard:
    """The lines of a child: the last ones, and how many there were."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self.lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._count = 0
        self._thread = threading.Thread(target=self._listen, args=(child,), daemon=True)
        self._thread.start()

    def _listen(self, child: "subprocess.Popen[str]") -> None:
        for line in child.stdout or ():
            if line.strip():
                self.lines.append(line.rstrip())
                self._count += 1

    def progress(self) -> str:
        """Say how many lines there are and what the last one was, as a clause."""
        return f", {self._count} steps, now {self.lines[-1][:70]}" if self.lines else ""

    def join(self) -> None:
        self._thread.join(timeout=5)


def _ended(child: "subprocess.Popen[str]", seconds: float) -> bool:
    try:
        child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _stop(child: "subprocess.Popen[str]") -> None:
    if child.poll() is not None:
        return
    child.terminate()
    if not _ended(child, 5):
        child.kill()
        child.wait()
