"""Findings: each is one sentence, with every place where it holds."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum
from typing import Any


class Severity(IntEnum):
    """The severity of a finding; `--fail-on` compares by this order."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, order=True)
class Place:
    """One resource of one unit, as a plan names it: `dev`, `eu-west-1`, `compute`, `aws_lambda_function.greet`.

    Findings in code, which hold for every environment, have an empty environment, region and unit.
    """

    environment: str = ""
    region: str = ""
    unit: str = ""
    resource: str = ""

    def __str__(self) -> str:
        unit = "/".join(part for part in (self.environment, self.region, self.unit) if part)
        return " ".join(part for part in (unit, self.resource) if part)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    `check` is the rule's id and `title` its name; `what` says what is wrong here, `why` why it matters
    and `fix` what to write instead. `file` is relative to the repository, `line` is 0 where a whole
    file is meant; `module` is empty outside modules/. `places` lists the resources it holds for.
    `provisional` marks what was seen in a plan that was made with mocks.
    """

    check: str
    title: str
    severity: Severity
    what: str
    why: str
    fix: str
    file: str
    line: int = 0
    module: str = ""
    places: tuple[Place, ...] = ()
    guideline: str = ""
    provisional: bool = False
    waiver: str = field(default="", compare=False)
    """Its owner, reason and last day; empty for a finding that counts."""

    @property
    def units(self) -> list[str]:
        """The places in plans as text, e.g. `dev/eu-west-1/data aws_kms_key.data`."""
        return [str(place) for place in self.places if place.environment]

    def row(self) -> dict[str, Any]:
        """Return the finding as out/scan.json holds it."""
        return {**asdict(self), "severity": self.severity.name, "places": [asdict(place) for place in self.places]}


def merge_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Merge equal findings of several units; return the worst first, then by file, line and check."""
    merged: dict[Finding, set[Place]] = {}
    for finding in findings:
        merged.setdefault(replace(finding, places=()), set()).update(finding.places)
    found = [replace(finding, places=tuple(sorted(places))) for finding, places in merged.items()]
    return sorted(found, key=lambda one: (-one.severity, one.file, one.line, one.check, one.what, one.places))
