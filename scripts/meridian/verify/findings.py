"""What a verification says: one finding per rule and region, and the verdict of all."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from meridian.errors import Exit


class Status(StrEnum):
    """How a rule ended; SKIP is a rule that is not tried here on purpose."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    SKIP = "SKIP"


@dataclass(frozen=True)
class Finding:
    """One rule in one region, with one sentence that says what was seen."""

    status: Status
    region: str
    rule: str
    sentence: str


def passed(region: str, rule: str, sentence: str) -> Finding:
    """Return a finding that says the rule holds."""
    return Finding(Status.PASS, region, rule, sentence)


def failed(region: str, rule: str, sentence: str) -> Finding:
    """Return a finding that says the rule is broken."""
    return Finding(Status.FAIL, region, rule, sentence)


def unknown(region: str, rule: str, sentence: str) -> Finding:
    """Return a finding that says nothing could be observed."""
    return Finding(Status.UNKNOWN, region, rule, sentence)


def skipped(region: str, rule: str, sentence: str) -> Finding:
    """Return a finding that says why the rule is not tried here."""
    return Finding(Status.SKIP, region, rule, sentence)


def verdict(findings: Collection[Finding]) -> Exit:
    """Return FINDINGS if any rule is broken, UNKNOWN if any could not be told or none was, else OK."""
    found = {finding.status for finding in findings}
    if Status.FAIL in found:
        return Exit.FINDINGS
    if Status.UNKNOWN in found or Status.PASS not in found:
        return Exit.UNKNOWN
    return Exit.OK


def worst(findings: Collection[Finding]) -> Status:
    """Return the one status that stands for several; UNKNOWN for none."""
    found = {finding.status for finding in findings}
    order = (Status.FAIL, Status.UNKNOWN, Status.PASS, Status.SKIP)
    return next((status for status in order if status in found), Status.UNKNOWN)
