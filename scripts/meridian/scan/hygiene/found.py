"""The form of what a hygiene tool finds."""

from meridian.scan.finding import Finding, Severity
from meridian.scan.severity import of


def in_file(
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
    """Return a finding in a file; without a `severity` it is as severe as our table rates its check."""
    return Finding(
        check=check,
        title=title or what,
        severity=severity or of(check),
        what=what,
        why=why,
        fix=fix,
        file=file,
        line=line,
        guideline="docs/security.md#hygiene",
    )
