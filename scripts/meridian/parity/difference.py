"""Two places that differ, and whether that is meant."""

import json
from dataclasses import asdict, dataclass
from typing import Any

NOT_SET = "not set"


@dataclass(frozen=True)
class Side:
    """One of two: an environment, or a region of it (`dev/us-east-1`), what it has, and the file that says so."""

    where: str
    value: Any
    place: str

    def __str__(self) -> str:
        """`staging 512 (live/inventory.yaml:31)`."""
        return f"{self.where} {text_of(self.value)} ({self.place})"


@dataclass(frozen=True)
class Difference:
    """What differs between two sides, and why; `intended` if the inventory declares it or it follows from design."""

    subject: str
    first: Side
    second: Side
    intended: bool
    why: str

    def __str__(self) -> str:
        """One line: verdict, subject, both sides, why."""
        return f"{'PASS' if self.intended else 'FAIL'}  {self.subject}  {self.first}, {self.second}: {self.why}"

    def row(self) -> dict[str, Any]:
        """Return it as a report has it."""
        return asdict(self)


def text_of(value: Any) -> str:
    """Return a value as it stands in a line: a text as it is, all else as JSON."""
    if isinstance(value, str):
        return value if value.isprintable() else json.dumps(value)
    return json.dumps(value, ensure_ascii=False, default=str)
