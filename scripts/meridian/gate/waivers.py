"""scripts/policies/waivers.yaml: checks that do not apply, and findings that an owner accepts until a date."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.rule import Rule

FILE = Path("scripts/policies/waivers.yaml")
EXPIRED = Rule(
    "MRD_WAIVER_001",
    "Waivers are not expired",
    Severity.HIGH,
    "Otherwise a temporary exception becomes permanent.",
    "Fix the finding, or have its owner accept it again with a later date.",
)
UNUSED = Rule(
    "MRD_WAIVER_002",
    "Waivers are used",
    Severity.MEDIUM,
    "An unused waiver hides the next finding that matches it.",
    "Remove the waiver.",
)
RULES = (EXPIRED, UNUSED)


@dataclass(frozen=True)
class Fact:
    """A check that does not apply to a module (or one resource of it, or to files), and the record that says why."""

    check: str
    module: str
    resource: str
    reason: str
    adr: str
    file: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether this fact is about a finding."""
        if finding.check != self.check or (finding.module != self.module and not self.file):
            return False
        if self.file:
            return fnmatchcase(finding.file, self.file)
        return not self.resource or {_plain(place) for place in finding.places} == {self.resource}


@dataclass(frozen=True)
class Accepted:
    """A finding that `owner` accepts until `expires`: in the code of a module, in files, or in units, by globs."""

    check: str
    module: str
    where: Mapping[str, str]
    reason: str
    owner: str
    expires: date
    line: int
    file: str = ""

    def scanned(self, environments: Collection[str]) -> bool:
        """Whether the scan covered its subject, given the environments whose plans were scanned."""
        return bool(self.module or self.file) or any(
            fnmatchcase(name, self.where.get("env", "*")) for name in environments
        )

    def accepts(self, finding: Finding, place: Place) -> bool:
        """Whether it accepts one place of a finding."""
        if finding.check != self.check:
            return False
        if self.file:
            return not place.environment and fnmatchcase(finding.file, self.file)
        if self.module:
            return not place.environment and finding.module == self.module
        facts = {"env": place.environment, "region": place.region, "unit": place.unit, "resource": place.resource}
        return bool(place.environment) and all(fnmatchcase(facts[key], glob) for key, glob in self.where.items())


@dataclass(frozen=True)
class Sorted:
    """Findings that count, and those that a waiver or a fact covers."""

    counting: list[Finding]
    accepted: list[Finding]
    not_applicable: list[Finding]


@dataclass(frozen=True)
class Waivers:
    """All waivers of one file."""

    facts: tuple[Fact, ...]
    accepted: tuple[Accepted, ...]

    def sort(self, findings: Iterable[Finding], today: date, *, environments: Collection[str] | None = None) -> Sorted:
        """Split findings place by place into accepted and counting; a bad waiver is a finding itself.

        `environments` are those whose plans were scanned beside all code: only their waivers are reported as
        unused. None: the scan covered a part, so no waiver is.
        """
        result = Sorted([], [], [])
        used: set[int] = set()
        for finding in findings:
            fact = next((one for one in self.facts if one.covers(finding)), None)
            if fact:
                result.not_applicable.append(replace(finding, waiver=f"{fact.reason} ({fact.adr})"))
                continue
            left = []
            for place in finding.places or (Place(),):
                waiver = next((one for one in self.accepted if one.accepts(finding, place)), None)
                if waiver is None:
                    left.append(place)
                    continue
                used.add(waiver.line)
                if waiver.expires < today:
                    left.append(place)
                    continue
                days = (waiver.expires - today).days
                said = f"accepted by {waiver.owner} until {waiver.expires}, {days} days left: {waiver.reason}"
                places = (place,) if finding.places else ()
                result.accepted.append(replace(finding, places=places, waiver=said))
            if left:
                result.counting.append(replace(finding, places=tuple(left) if finding.places else ()))
        for waiver in self.accepted:
            name = f"The waiver of {waiver.check}"
            if waiver.expires < today:
                text = f"{name} by {waiver.owner} expired on {waiver.expires}."
                result.counting.append(EXPIRED.finding(text, file=FILE.as_posix(), line=waiver.line))
            elif waiver.line not in used and environments is not None and waiver.scanned(environments):
                text = f"{name} by {waiver.owner} matches no finding."
                result.counting.append(UNUSED.finding(text, file=FILE.as_posix(), line=waiver.line))
        return result


def _plain(place: Place) -> str:
    return re.sub(r"\[[^\]]*\]", "", place.resource)
