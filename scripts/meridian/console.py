"""What a person sees while a command runs: progress on stderr, findings on stdout."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


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
