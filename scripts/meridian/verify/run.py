"""What all threads of one verification share, and the names of the resources that it creates."""

import re
import secrets
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

import requests

from meridian.local.ports import LOOPBACK
from meridian.local.resolver import look_up
from meridian.targets import Target
from meridian.verify import http
from meridian.verify.aws import Clients
from meridian.verify.declared import Call
from meridian.verify.deployment import Deployment
from meridian.verify.findings import Reporter, Status

PREFIX = "meridian-verify-"
LEFTOVER_AFTER_SECONDS = 3600
# RFC 2606 reserves this domain for documentation: it has no mailboxes.
_DOMAIN = "example.com"
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{8}}-(?P<created>[0-9]{{9,11}})(?:-[0-9a-f]+@{re.escape(_DOMAIN)})?")


class Stopped(Exception):
    """The run was interrupted; its resources are still removed."""


@dataclass(frozen=True)
class Waits:
    """How long to wait for what needs time, in seconds."""

    arrival: int
    """For the first message to arrive."""
    quiet: int
    """For a second message, which must not come."""
    ready: int
    """For the first answer of a region's API: a new one on real AWS needs a moment."""


WAITS = {"local": Waits(arrival=5, quiet=1, ready=0), "aws": Waits(arrival=20, quiet=3, ready=30)}


@dataclass(frozen=True)
class Resource:
    """One resource to remove; `title` names it without a secret."""

    region: str
    title: str
    remove: Callable[[], object]


@dataclass(frozen=True)
class Run:
    """One verification, shared by its threads."""

    target: Target
    deployment: Deployment
    client: Clients
    reporter: Reporter
    digits: str = field(default_factory=lambda: secrets.token_hex(4))
    """The id of the run: 8 hex digits."""
    began: int = field(default_factory=lambda: int(time.time()))
    """The epoch seconds of its start."""
    created: list[Resource] = field(default_factory=list)
    """What to remove at the end; a queue or user is added before it is created, so it may not exist."""
    calls: Mapping[str, Sequence[Call]] = field(default_factory=dict)
    """The calls of each unit whose module declares some."""
    headers: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """The headers that every call of a region needs."""
    signals: list[int] = field(default_factory=list)
    """The signals that ask the run to stop."""

    @property
    def name(self) -> str:
        """The name of every resource of this run, e.g. meridian-verify-0a1b2c3d-1790000000."""
        return f"{PREFIX}{self.digits}-{self.began}"

    @property
    def waits(self) -> Waits:
        """How long to wait on this target."""
        return WAITS[self.target.kind]

    def calls_in(self, region: str) -> list[Sequence[Call]]:
        """Return the calls of every unit in a region."""
        return [calls for unit, calls in self.calls.items() if unit.partition("/")[0] == region]

    def new_address(self) -> str:
        """Return a random e-mail address that cannot be guessed and has no mailbox."""
        return f"{self.name}-{secrets.token_hex(8)}@{_DOMAIN}"

    def report(self, region: str, rule: str, status: Status, sentence: str) -> None:
        """Report the result of one rule in one region."""
        self.reporter.report(region, rule, status, sentence)

    def session(self, region: str = "", near: str = LOOPBACK) -> requests.Session:
        """Return a session for the calls of one thread, with the headers that a region needs, near an address."""
        made = http.session(self.target.kind, partial(self.resolve, near=near))
        made.headers.update(self.headers.get(region, {}))
        return made

    def resolve(self, name: str, near: str = LOOPBACK) -> str | None:
        """Return the address that the DNS of the local AWS gives a name for a client near an address."""
        return look_up(name, urlsplit(self.target.endpoint or "").port or 0, near)

    def raise_if_stopped(self) -> None:
        """Raise Stopped after an interruption; every thread calls this between its steps."""
        if self.signals:
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
