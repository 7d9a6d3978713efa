"""A difference between two environments or regions, and whether it is intended."""

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Side:
    """One of two: an environment or a region of it (`dev/us-east-1`), its value, and the file that sets it."""

    where: str
    value: Any
    place: str

    def __str__(self) -> str:
        """`staging 512 (live/inventory.yaml:31)`."""
        return f"{self.where} {format_value(self.value)} ({self.place})"


@dataclass(frozen=True)
class Difference:
    """Two sides that differ, and why; `intended` if the inventory declares it or it follows from the design."""

    subject: str
    first: Side
    second: Side
    intended: bool
    why: str

    def __str__(self) -> str:
        """One line: verdict, subject, both sides, why."""
        return f"{'PASS' if self.intended else 'FAIL'}  {self.subject}  {self.first}, {self.second}: {self.why}"

    def row(self) -> dict[str, Any]:
        """Return the difference as a row of the report."""
        return asdict(self)


def format_value(value: Any) -> str:
    """Return a value as text: a printable string as it is, everything else as JSON."""
    if isinstance(value, str) and value.isprintable():
        return value
    return json.dumps(value, ensure_ascii=isinstance(value, str), default=str)
