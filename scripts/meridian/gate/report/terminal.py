"""A verdict as lines for the terminal: worst first, each finding with its reason and its fix."""

from collections.abc import Iterator

from meridian.gate.finding import Finding
from meridian.gate.verdict import Verdict

SHOWN = 6


def format_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the lines of a report."""
    for finding in verdict.findings:
        yield from _finding(finding)
    for finding in verdict.accepted:
        yield f"ACCEPTED  {finding.check}  {_where(finding)}: {finding.waiver}"
    facts: dict[tuple[str, str], set[str]] = {}
    for one in verdict.not_applicable:
        facts.setdefault((one.module or "files", one.waiver), set()).add(one.check)
    for (where, waiver), checks in sorted(facts.items()):
        yield f"N/A       {', '.join(sorted(checks))}  {where}: {waiver}"
    yield f"scanned {verdict.looked_at}"
    counts = f"{len(verdict.findings)} findings, {len(verdict.accepted)} accepted"
    state = "FAIL" if verdict.failing else "PASS"
    yield f"{state}  {counts}; {len(verdict.failing) or 'none'} of {verdict.fail_on.name} or worse"


def _finding(finding: Finding) -> Iterator[str]:
    provisional = "  (provisional)" if finding.provisional else ""
    yield f"{finding.severity.name:8}  {finding.check}  {_where(finding)}{provisional}"
    yield f"  {_plain(finding.what)}"
    yield from (f"  in    {_plain(unit)}" for unit in finding.units[:SHOWN])
    if len(finding.units) > SHOWN:
        yield f"  in    {len(finding.units) - SHOWN} more; --json lists all"
    yield f"  why   {_plain(finding.why)}"
    yield f"  fix   {_plain(finding.fix)}"
    if finding.guideline:
        yield f"  see   {finding.guideline}"


def _where(finding: Finding) -> str:
    return f"{_plain(finding.file)}:{finding.line}" if finding.line else _plain(finding.file)


def _plain(text: str) -> str:
    """Return a text on one line and without control characters: it may come from the change under review."""
    return "".join(character if character.isprintable() else " " for character in text)
