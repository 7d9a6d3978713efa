"""What all threads of one verification share, and the names of the resources that it creates."""

import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from meridian.targets import Target
from meridian.verify.aws import Clients
from meridian.verify.cleanup import Cleanup
from meridian.verify.deployment import Deployment
from meridian.verify.findings import Finding

PREFIX = "meridian-verify-"
LEFTOVER_AFTER_SECONDS = 3600
# RFC 2606 reserves this domain for documentation: it has no mailboxes.
_DOMAIN = "example.com"
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{8}}-(?P<created>[0-9]{{9,11}})(?:-[0-9a-f]+@{re.escape(_DOMAIN)})?")


class Stopped(Exception):
    """The run was interrupted; its resources are still removed."""


@dataclass(frozen=True)
class Waits:
    """How long to wait for what needs time, in whole seconds (SQS accepts no fractions)."""

    arrival: int
    """For the first message to arrive."""
    quiet: int
    """For a second message, which must not come."""
    ready: int
    """For the first answer of a region's API: a new one on real AWS needs a moment."""


WAITS = {"local": Waits(arrival=5, quiet=1, ready=0), "aws": Waits(arrival=20, quiet=3, ready=30)}


@dataclass(frozen=True)
class RunId:
    """The identity of one verification: 8 hex digits and the epoch seconds of its start."""

    digits: str
    created: int

    @classmethod
    def new(cls) -> Self:
        """Return the id of a run that starts now."""
        return cls(secrets.token_hex(4), int(time.time()))

    @property
    def name(self) -> str:
        """The name of every resource of this run, e.g. meridian-verify-0a1b2c3d-1790000000."""
        return f"{PREFIX}{self.digits}-{self.created}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource of this run that supports tags."""
        return {"Purpose": "meridian-verify", "Run": self.digits, "Created": str(self.created)}

    def new_address(self) -> str:
        """Return a random e-mail address that cannot be guessed and has no mailbox."""
        return f"{self.name}-{secrets.token_hex(8)}@{_DOMAIN}"


@dataclass(frozen=True)
class Run:
    """One verification, shared by its threads."""

    target: Target
    deployment: Deployment
    id: RunId
    client: Clients
    report: Callable[[Finding], None]
    hide: Callable[[str], None]
    """Accepts a secret that must never be in the output or the report."""
    cleanup: Cleanup = field(default_factory=Cleanup)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def waits(self) -> Waits:
        """How long to wait on this target."""
        return WAITS[self.target.kind]

    def raise_if_stopped(self) -> None:
        """Raise Stopped after an interruption; every thread calls this between its steps."""
        if self.stop.is_set():
            raise Stopped


def is_leftover(name: str, now: float) -> bool:
    """Return whether a verification created `name` more than an hour before `now`."""
    match = _NAME.fullmatch(name)
    return match is not None and now - int(match["created"]) > LEFTOVER_AFTER_SECONDS


def uuid7() -> str:
    """Return a new UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then random bits."""
    value = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))
