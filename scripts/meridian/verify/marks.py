"""Names that say which run made a thing and when, so that the next run can tell a leftover."""

import re
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Self

PREFIX = "meridian-verify-"
LEFTOVER_AFTER_SECONDS = 3600
# RFC 2606 reserves the domain for documentation: nobody reads mail there.
_DOMAIN = "example.com"
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{8}}-(?P<created>[0-9]{{9,11}})(?:-[0-9a-f]+@{re.escape(_DOMAIN)})?")


@dataclass(frozen=True)
class Run:
    """One verification: `run_id` is 8 hex digits, `created` seconds since the epoch."""

    run_id: str
    created: int

    @classmethod
    def start(cls) -> Self:
        """Return the mark of a run that begins now."""
        return cls(secrets.token_hex(4), int(time.time()))

    @property
    def name(self) -> str:
        """The name of whatever this run makes, e.g. meridian-verify-0a1b2c3d-1790000000."""
        return f"{PREFIX}{self.run_id}-{self.created}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of whatever this run makes and AWS can tag."""
        return {"Purpose": "meridian-verify", "Run": self.run_id, "Created": str(self.created)}

    def address(self) -> str:
        """Return a new random e-mail address that nobody can guess and nobody reads."""
        return f"{self.name}-{secrets.token_hex(8)}@{_DOMAIN}"


def is_leftover(name: str, now: float) -> bool:
    """Tell whether a verification made `name` more than an hour before `now`."""
    match = _NAME.fullmatch(name)
    return match is not None and now - int(match["created"]) > LEFTOVER_AFTER_SECONDS


def uuid7() -> str:
    """Return a new UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then random bits."""
    value = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))
