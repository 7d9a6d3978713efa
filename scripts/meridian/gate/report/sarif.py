"""A verdict as SARIF 2.1.0, which GitHub shows beside the line.

Source of the form: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from meridian.gate.finding import Finding, Severity
from meridian.gate.verdict import Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
# GitHub orders by these CVSS-like numbers from 0.1 to 10.
SCORES = {Severity.LOW: "3.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}


def format_sarif(verdict: Verdict, scope: str) -> dict[str, Any]:
    """Return the verdict as a SARIF log of one run; `scope` names what was scanned, e.g. `modules` or `dev`."""
    shown = [*verdict.findings, *verdict.accepted, *verdict.not_applicable]
    rules = {one.check: one for one in shown}
    order = sorted(rules)
    return _log(scope, [_rule(rules[check]) for check in order], [_result(one, order) for one in shown], None)


def format_failure(message: str, scope: str) -> dict[str, Any]:
    """Return the log of a scan without a verdict: no results, and an invocation with the error."""
    return _log(scope, [], [], message)


def _log(scope: str, rules: list[Any], results: list[Any], error: str | None) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": error is None}
    if error is not None:
        invocation["toolExecutionNotifications"] = [{"level": "error", "message": {"text": error}}]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "meridian scan",
                        "informationUri": "https://github.com/bridgecrewio/checkov",
                        "rules": rules,
                    }
                },
                "automationDetails": {"id": f"meridian-scan/{scope}/"},
                "columnKind": "unicodeCodePoints",
                "invocations": [invocation],
                "results": results,
            }
        ],
    }


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.check,
        "shortDescription": {"text": finding.title},
        "fullDescription": {"text": finding.why},
        "help": {"text": finding.fix},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"security-severity": SCORES[finding.severity], "tags": ["security"]},
    }


def _result(finding: Finding, order: Sequence[str]) -> dict[str, Any]:
    where = f" In {', '.join(finding.units)}." if finding.units else ""
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": order.index(finding.check),
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.what}{where} {finding.fix}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": finding.file, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": max(finding.line, 1)},
                }
            }
        ],
        "partialFingerprints": {"meridian/v1": _fingerprint(finding)},
    }
    if finding.waiver:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.waiver}]
    return result


def _fingerprint(finding: Finding) -> str:
    """Return a hash of check, file and resources, which stays the same when lines move."""
    names = sorted({place.resource for place in finding.places})
    return hashlib.sha256("\0".join([finding.check, finding.file, *names]).encode()).hexdigest()
