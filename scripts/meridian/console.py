"""The output of a command while it runs: progress on stderr, results on stdout."""

import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def open_streams() -> None:
    """Escape characters that stdout or stderr cannot encode, and replace a closed stream by os.devnull."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Print one line of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print that a long step begins, then how long it took or that it failed."""
    say(f"-> {title}")
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"   {title}: failed after {time.monotonic() - begun:.1f} s")
        raise
    say(f"   {title}: {time.monotonic() - begun:.1f} s")
