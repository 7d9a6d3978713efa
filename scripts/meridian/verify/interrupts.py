"""Ctrl-C and SIGTERM: the first one stops the run, and none stops the removal of what it made."""

import signal
import threading
from types import FrameType
from typing import Any, Self

from meridian.console import say

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """While entered, the first signal raises KeyboardInterrupt; later ones only wait.

    Does nothing in a thread that is not the main one: signals never come there.
    """

    def __init__(self) -> None:
        self.came = False
        self._shielded = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            # What whoever started us ignores on our behalf (nohup, a background job) stays ignored.
            heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._handle) for number in heard}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def shield(self) -> None:
        """From now on a signal is only remembered."""
        self._shielded = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        first, self.came = not self.came, True
        if self._shielded or not first:
            say("still removing what this run made; a moment.")
            return
        say("stopping: what this run made is removed first.")
        raise KeyboardInterrupt
