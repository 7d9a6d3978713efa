"""Calls an address at a steady rate while a drill runs; bounded in rate and time."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore, Event, Lock, Thread

import requests

from meridian.drill.calls import Call
from meridian.verify.http import parse_object
from meridian.verify.run import uuid7

HIGHEST_RATE = 20
"""Calls a second: below the usual throttle of an API."""
WORKERS = 16
TIMEOUT = (2.0, 5.0)
"""Seconds to connect and to answer, after which a client gives up."""


@dataclass(frozen=True)
class Way:
    """An address that clients call, without a slash at its end."""

    url: str
    session: Callable[[], requests.Session]
    name: str = ""
    """What its answers count for; empty if the region counts that answered."""


class Load:
    """GET /greet with a real token, a new Idempotency-Key each time, of the first address that answers 200."""

    def __init__(self, ways: Sequence[Way], token: str) -> None:
        self.began = time.monotonic()
        self.ways, self._token = ways, token
        self._calls: list[Call] = []
        self._lock = Lock()
        self._free = BoundedSemaphore(WORKERS)

    @property
    def now(self) -> float:
        """The seconds since the load began."""
        return time.monotonic() - self.began

    @property
    def calls(self) -> list[Call]:
        """The calls that have ended."""
        with self._lock:
            return list(self._calls)

    @contextmanager
    def running(self, rate: int) -> Iterator[None]:
        """Make `rate` calls a second in the background; at the end wait for those under way."""
        stop = Event()
        with ThreadPoolExecutor(WORKERS) as pool:
            ticker = Thread(target=self._tick, args=(pool, rate, stop), daemon=True)
            ticker.start()
            try:
                yield
            finally:
                stop.set()
                ticker.join()

    def _tick(self, pool: ThreadPoolExecutor, rate: int, stop: Event) -> None:
        begun, number = time.monotonic(), 0
        while not stop.wait(max(0.0, begun + number / rate - time.monotonic())):
            number += 1
            # With every worker waiting for an answer a call more would only queue: a client would not get through.
            if self._free.acquire(timeout=0):
                pool.submit(self._work)

    def _work(self) -> None:
        try:
            self.call(uuid7())
        finally:
            self._free.release()

    def call(self, key: str) -> Call:
        """Make one call over new connections, so that each one asks where the name is."""
        began = self.now
        for way in self.ways:
            region, status = self._get(way, key)
            made = Call(began, self.now, key, region, status, way.name)
            if region:
                break
        with self._lock:
            self._calls.append(made)
        return made

    def _get(self, way: Way, key: str) -> tuple[str | None, int | None]:
        """Return the region that answered 200, and the status of the answer."""
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key}
        try:
            with way.session() as session:
                answer = session.get(f"{way.url}/greet", headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return None, None
        found = parse_object(answer.content).get("region") if answer.status_code == 200 else None
        return found if isinstance(found, str) else None, answer.status_code
