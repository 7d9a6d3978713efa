"""Findings of hygiene tools, all in one form."""

from meridian.gate.checkov.judged import rate_check
from meridian.gate.finding import Finding, Severity


def file_finding(
    check: str,
    what: str,
    file: str,
    line: int,
    *,
    why: str,
    fix: str,
    title: str = "",
    severity: Severity | None = None,
) -> Finding:
    """Return a finding in a file; without a `severity` the check is rated as Checkov's are."""
    return Finding(
        check=check,
        title=title or what,
        severity=severity or rate_check(check),
        what=what,
        why=why,
        fix=fix,
        file=file,
        line=line,
        guideline="docs/security.md#hygiene",
    )
