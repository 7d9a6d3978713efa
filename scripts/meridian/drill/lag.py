"""How long an item takes from the region that stored it to the others, while a drill runs."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from meridian.aws import AWS_ERRORS
from meridian.drill.calls import Call
from meridian.drill.load import Load

SECONDS_BETWEEN = 1.0
LOOK_SECONDS = 0.05
FRESH_SECONDS = 0.25
"""The age of an answer counts as lag: an older one is not followed."""
LONGEST_SECONDS = 20.0
"""So long an item is waited for; one that is not there then has no lag."""


@dataclass(frozen=True)
class Copied:
    """One item: when its call was answered, in seconds since the drill began, and how long until all regions had it."""

    began: float
    seconds: float | None


class Lag:
    """Follows one answered greeting after another into the other regions; `is_there` reads a region's table."""

    def __init__(self, load: Load, regions: Sequence[str], is_there: Callable[[str, str], bool]) -> None:
        self.found: list[Copied] = []
        self._load, self._regions, self._is_there = load, regions, is_there

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure in the background, about once a second."""
        stop = Event()
        thread = Thread(target=self._measure, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _measure(self, stop: Event) -> None:
        last = 0.0
        while not stop.wait(LOOK_SECONDS):
            call = next((one for one in reversed(self._load.calls) if one.region is not None), None)
            if call and call.ended > last + SECONDS_BETWEEN and self._load.now - call.ended < FRESH_SECONDS:
                last = call.ended
                if copied := self._follow(call, stop):
                    self.found.append(copied)

    def _follow(self, call: Call, stop: Event) -> Copied | None:
        """Return when all other regions had the item; None if the measurement ended before."""
        missing = [region for region in self._regions if region != call.region]
        while not stop.is_set():
            missing = [region for region in missing if not self._sees(region, call.key)]
            waited = self._load.now - call.ended
            if not missing or waited > LONGEST_SECONDS:
                return Copied(call.ended, None if missing else waited)
            time.sleep(LOOK_SECONDS)
        return None

    def _sees(self, region: str, key: str) -> bool:
        try:
            return self._is_there(region, key)
        except AWS_ERRORS:
            # Its table may be what was taken away: the item is not there for a reader.
            return False
