"""From what Checkov said of a module or a plan to findings: whose code it is, how much it matters, what to write."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from meridian.scan import severity
from meridian.scan.code import Code
from meridian.scan.engine import Result, address
from meridian.scan.finding import Finding, Place, Severity
from meridian.scan.rule import PAGE
from policies.checks._catalogue import CATALOGUE

WHY = "A known way to lose data, access or the trace of it; Checkov's documentation of the check says more."
FIX = "Set what the check asks for; where it cannot apply here, say so in scripts/policies/waivers.yaml."


def findings(
    root: Path, code: Code, results: Iterable[Result], place: Place | None, provisional: bool
) -> list[Finding]:
    """Return a finding for each result that failed, or that a comment in the code skipped.

    `place` is the unit's (without a resource) for a plan, None for a module's own code.
    """
    return list(_findings(root, code, results, place, provisional))


def _findings(
    root: Path, code: Code, results: Iterable[Result], place: Place | None, provisional: bool
) -> Iterator[Finding]:
    module = code.folder.name
    for result in results:
        if result.state == "passed":
            continue
        name, line = code.find(address(result.resource).removeprefix("data."))
        where = place or Place()
        policy = CATALOGUE.get(result.check)
        said = " ".join(result.details) or f"{result.title}: not so."
        yield Finding(
            check=result.check,
            title=result.title,
            severity=Severity[policy.severity] if policy else severity.of(result.check),
            what=f"{address(result.resource)}: {said}",
            why=policy.why if policy else WHY,
            fix=policy.fix if policy else FIX,
            file=f"modules/{module}/{name}",
            line=line,
            module=module,
            places=(Place(where.environment, where.region, where.unit, result.resource),),
            guideline=f"{PAGE}#{result.check.lower()}" if policy else "",
            provisional=provisional,
        )
