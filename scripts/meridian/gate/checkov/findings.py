"""Turns Checkov's results into findings, each with its severity, its line of code and a fix."""

from collections.abc import Iterable
from dataclasses import replace

from meridian.gate.checkov.engine import Result, plain_address
from meridian.gate.code import Code
from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.rule import PAGE
from policies.checks._catalogue import CATALOGUE

WHY = "It can cost data, access or an audit trail; see the documentation of the check in Checkov."
FIX = "Set the attribute that the check names; if it cannot apply here, list it in scripts/policies/waivers.yaml."


# Only checks of resource types that we use are rated here; all others, also new ones, are HIGH.
RATED = {
    Severity.CRITICAL: (
        *("CKV_AWS_1", "CKV_AWS_33", "CKV_AWS_41", "CKV_AWS_45", "CKV_AWS_62", "CKV_AWS_70", "CKV_AWS_93"),
        *("CKV_AWS_169", "CKV_AWS_258", "CKV_AWS_274", "CKV_AWS_283", "CKV_AWS_301", "CKV_AWS_309", "CKV_AWS_385"),
    ),
    Severity.MEDIUM: (
        *("CKV_AWS_7", "CKV_AWS_26", "CKV_AWS_28", "CKV_AWS_50", "CKV_AWS_76", "CKV_AWS_111", "CKV_AWS_115"),
        *("CKV_AWS_119", "CKV_AWS_158", "CKV_AWS_173", "CKV_AWS_227", "CKV_AWS_272", "CKV_AWS_356", "CKV_AWS_363"),
    ),
    Severity.LOW: ("CKV_AWS_66", "CKV_AWS_116", "CKV_AWS_117", "CKV_AWS_338"),
}
IN_CODE = Place()
_BY_CHECK = {check: severity for severity, checks in RATED.items() for check in checks}


def rate_check(check: str) -> Severity:
    """Return the severity of a check that is not ours; HIGH if RATED does not name it."""
    return _BY_CHECK.get(check, Severity.HIGH)


def checkov_findings(
    code: Code, results: Iterable[Result], place: Place = IN_CODE, *, provisional: bool = False
) -> list[Finding]:
    """Return a finding for each result that failed, or that a comment in the code skipped.

    `place` is the unit (without a resource) for a plan, empty for a module's own code.
    """
    module, found = code.folder.name, []
    for result in results:
        if result.state == "passed":
            continue
        name, line = code.find(plain_address(result.resource).removeprefix("data."))
        policy = CATALOGUE.get(result.check)
        said = " ".join(result.details) or f'fails the check "{result.title}".'
        found.append(
            Finding(
                check=result.check,
                title=result.title,
                severity=Severity[policy.severity] if policy else rate_check(result.check),
                what=f"{plain_address(result.resource)}: {said}",
                why=policy.why if policy else WHY,
                fix=policy.fix if policy else FIX,
                file=f"modules/{module}/{name}",
                line=line,
                module=module,
                places=(replace(place, resource=result.resource),),
                guideline=f"{PAGE}#{result.check.lower()}" if policy else "",
                provisional=provisional,
            )
        )
    return found
