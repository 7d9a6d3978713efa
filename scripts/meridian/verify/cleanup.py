"""The removal of every resource that a verification creates, also after an error or a signal."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, Self

from meridian.console import say
from meridian.verify.aws import AWS_ERRORS, describe_error, is_missing
from meridian.verify.findings import Finding, Rule

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Resource:
    """One resource to remove; `title` names it without a secret."""

    region: str
    title: str
    remove: Callable[[], None]
    last: bool = False


class Cleanup:
    """The resources to remove. Add one before it is created: a missing resource counts as removed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._resources: list[Resource] = []

    def add(self, region: str, title: str, remove: Callable[[], None], *, last: bool = False) -> None:
        """Add a resource; one with `last` is removed after all others."""
        with self._lock:
            self._resources.append(Resource(region, title, remove, last))

    def run(self) -> list[Finding]:
        """Remove all resources, the newest of a region first, all regions at the same time.

        Raises the exception of a bug after everything else is removed.
        """
        with self._lock:
            resources, self._resources = self._resources, []
        findings: list[Finding] = []
        # An ExitStack calls everything, the newest first, whatever one of the calls raises.
        with ExitStack() as stack:
            for last in (True, False):
                by_region: dict[str, ExitStack] = {}
                for resource in resources:
                    if resource.last is last:
                        region = by_region.setdefault(resource.region, ExitStack())
                        region.callback(_remove, resource, findings)
                stack.callback(_close_all, list(by_region.values()))
        if not findings and resources:
            findings.append(Rule("-", "clean-up").passed(f"Removed all {len(resources)} resources of this run."))
        return findings


def _close_all(stacks: list[ExitStack]) -> None:
    with ThreadPoolExecutor() as pool:
        jobs = [pool.submit(stack.close) for stack in stacks]
    for job in jobs:
        job.result()


def _remove(resource: Resource, findings: list[Finding]) -> None:
    try:
        resource.remove()
    except AWS_ERRORS as error:
        if not is_missing(error):
            sentence = (
                f"{resource.title} was not removed: {describe_error(error)}. Remove it by hand, or run the "
                "verification again in an hour: it removes what earlier runs left."
            )
            findings.append(Rule(resource.region, "clean-up").failed(sentence))


class Interrupts:
    """While entered, the first signal raises KeyboardInterrupt; later ones have no effect.

    The signals are those of Ctrl-C, of `kill` and of a closed terminal. Outside of the main thread it does
    nothing: Python handles signals in the main thread only.
    """

    def __init__(self) -> None:
        self.came = False
        self._deferred = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            # A signal that the parent process ignores (nohup, a background job) stays ignored.
            handled = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._handle) for number in handled}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def defer(self) -> None:
        """From now on only remember that a signal came."""
        self._deferred = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        first, self.came = not self.came, True
        interrupting = first and not self._deferred
        # Without a reader of stderr the notice fails, and would end the removal.
        with suppress(OSError):
            say(f"{'stopping: first' if interrupting else 'still'} removing what this run created.")
        if interrupting:
            raise KeyboardInterrupt
