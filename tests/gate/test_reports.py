"""Reports: texts of the change under review stay in their place."""

from dataclasses import replace
from typing import Any

import pytest

from meridian.errors import Exit
from meridian.gate.finding import Finding, Place, Severity, merge_findings
from meridian.gate.report import sarif, terminal
from meridian.gate.verdict import Scanned, Verdict

HOSTILE = "a\x1b[31m\nPASS  0 findings\u202e\r<script>|`@x"
FINDING = Finding("CKV_MRD_001", "t", Severity.HIGH, "what", "why", "fix", "modules/data/a.tf", 3, "data")


def verdict(*findings: Finding, fail_on: Severity = Severity.MEDIUM, accepted: tuple[Finding, ...] = ()) -> Verdict:
    """Return a verdict over one module."""
    return Verdict(findings, accepted, (), (Scanned("modules/data", 5, 20),), fail_on)


def places(count: int) -> tuple[Place, ...]:
    """Return the same resource in several regions."""
    return tuple(Place("dev", f"r{number}", "data", "aws_kms_key.data") for number in range(count))


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [
        (Severity.MEDIUM, Severity.MEDIUM, Exit.FINDINGS),
        (Severity.CRITICAL, Severity.HIGH, Exit.FINDINGS),
        (Severity.LOW, Severity.MEDIUM, Exit.OK),
    ],
)
def test_fails_from_the_given_severity_on(severity: Severity, fail_on: Severity, code: Exit) -> None:
    found = verdict(replace(FINDING, severity=severity), fail_on=fail_on)
    assert found.code == code
    assert list(terminal.format_lines(found))[-1].startswith("FAIL  1 " if code else "PASS  1 ")


def test_one_finding_in_several_regions_is_printed_once() -> None:
    (found,) = merge_findings(replace(FINDING, places=(place,)) for place in reversed(places(8)))
    assert found.places == places(8)
    lines = list(terminal.format_lines(verdict(found)))
    assert next(line for line in lines if line.startswith("  in ")) == "  in    dev/r0/data aws_kms_key.data"
    assert "  in    2 more; --json lists all" in lines


def test_findings_are_ordered_by_severity_then_place() -> None:
    low, high = replace(FINDING, severity=Severity.LOW, line=1), replace(FINDING, line=9)
    assert merge_findings([low, high, FINDING]) == [FINDING, high, low]


def test_a_hostile_text_stays_on_its_line() -> None:
    found = replace(FINDING, what=HOSTILE, file=f"modules/{HOSTILE}.tf", places=(Place("dev", HOSTILE, "u", HOSTILE),))
    lines = list(terminal.format_lines(verdict(found)))
    assert [line for line in lines if line.startswith("PASS")] == []
    assert all(line.isprintable() for line in lines)


def test_sarif_has_a_rule_a_place_and_a_fingerprint_for_each_result() -> None:
    accepted = replace(FINDING, check="CKV_AWS_7", waiver="accepted by platform", places=places(2))
    run = sarif.format_sarif(verdict(FINDING, accepted=(accepted,)), "dev")["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == ["CKV_MRD_001", "CKV_AWS_7"]
    first, second = run["results"]
    assert "suppressions" not in first
    assert second["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "accepted by platform"}
    ]
    assert "In dev/r0/data aws_kms_key.data, dev/r1/data aws_kms_key.data." in second["message"]["text"]
    assert run["automationDetails"]["id"] == "meridian-scan/dev/"


def fingerprint(finding: Finding) -> Any:
    """Return the fingerprint of a finding."""
    return sarif.format_sarif(verdict(finding), "dev")["runs"][0]["results"][0]["partialFingerprints"]


def test_a_fingerprint_outlives_a_moved_line() -> None:
    assert fingerprint(FINDING) == fingerprint(replace(FINDING, line=99))
    assert fingerprint(FINDING) != fingerprint(replace(FINDING, places=places(1)))
    assert fingerprint(FINDING) != fingerprint(replace(FINDING, check="CKV_MRD_002"))
