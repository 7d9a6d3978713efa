"""What every part of one verification shares: where, as whom, until when, and who is told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from meridian.targets import Target
from meridian.verify.cleanup import Cleanup
from meridian.verify.deployment import Deployment
from meridian.verify.findings import Finding
from meridian.verify.marks import Run

Client = Callable[[str, str], Any]


class Stopped(Exception):
    """The person or the machine asked the run to end; what was made is removed."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for what needs time, in whole seconds (SQS takes no fractions)."""

    arrival: int
    """For the first message to arrive."""
    quiet: int
    """For a second one that must not come."""
    ready: int
    """For a region's API to answer at all: on real AWS a new one takes a moment."""


PATIENCE = {"local": Patience(arrival=5, quiet=1, ready=0), "aws": Patience(arrival=20, quiet=3, ready=30)}


@dataclass(frozen=True)
class Work:
    """One verification under way; shared by its threads."""

    target: Target
    deployment: Deployment
    run: Run
    client: Client
    """(service, region) -> boto3 client."""
    tell: Callable[[Finding], None]
    hide: Callable[[str], None]
    """Takes a secret that no line and no report may ever contain."""
    cleanup: Cleanup = field(default_factory=Cleanup)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def patience(self) -> Patience:
        """How long to wait on this target."""
        return PATIENCE[self.target.kind]

    def go_on(self) -> None:
        """Raise Stopped if the run is to end; called between steps."""
        if self.stop.is_set():
            raise Stopped


def clients(target: Target) -> Client:
    """Return a thread-safe source of clients: a boto3 session makes one at a time."""
    lock = threading.Lock()
    made: dict[tuple[str, str], Any] = {}

    def client(service: str, region: str) -> Any:
        with lock:
            if (service, region) not in made:
                made[service, region] = target.client(service, region)
            return made[service, region]

    return client
