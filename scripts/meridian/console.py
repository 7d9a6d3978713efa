"""What a person sees while a command runs: progress on stderr, findings on stdout."""

import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def open_streams() -> None:
    """Make output take every text: what a stream cannot show is escaped, what the caller has closed goes nowhere."""
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
    """Announce a long step, then say how long it took or that it failed."""
    say(f"-> {title}")
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"   {title}: failed after {time.monotonic() - begun:.1f} s")
        raise
    say(f"   {title}: {time.monotonic() - begun:.1f} s")
