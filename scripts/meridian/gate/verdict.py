"""The verdict of a whole scan."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from meridian.errors import Exit
from meridian.gate.finding import Finding, Severity, merge_findings


@dataclass(frozen=True)
class Scanned:
    """One scanned module or unit, e.g. `modules/data` or `dev/eu-west-1/data`, with its resources and results.

    Or what a hygiene tool scanned, e.g. `workflows`: a number of `files`, and no resource.
    """

    name: str
    resources: int
    results: int
    provisional: bool = False
    files: int = 0


@dataclass(frozen=True)
class Verdict:
    """The findings that count, that are accepted and that do not apply, and what was scanned."""

    findings: Sequence[Finding]
    accepted: Sequence[Finding]
    not_applicable: Sequence[Finding]
    scanned: Sequence[Scanned]
    fail_on: Severity

    @property
    def failing(self) -> list[Finding]:
        """The findings that make the gate red."""
        return [one for one in self.findings if one.severity >= self.fail_on]

    @property
    def looked_at(self) -> str:
        """The number of modules, units, resources and files that were scanned, in one line."""
        things = [one for one in self.scanned if one.resources or not one.files]
        modules = sum(one.name.startswith("modules/") for one in things)
        provisional = sum(one.provisional for one in things)
        mocks = f", {provisional} of them provisional (planned with mocks)" if provisional else ""
        units = f" and {len(things) - modules} units" if len(things) > modules else ""
        resources, results = sum(one.resources for one in things), sum(one.results for one in things)
        files = ", ".join(f"{one.name} {one.files}" for one in self.scanned if one.files)
        beside = f"; files: {files}" if files else ""
        return f"{modules} modules{units}{mocks}: {resources} resources, {results} results{beside}"

    @property
    def code(self) -> Exit:
        """FINDINGS if a counting finding is at least as severe as `fail_on`."""
        return Exit.FINDINGS if self.failing else Exit.OK

    def body(self) -> dict[str, Any]:
        """Return the verdict as out/scan.json holds it; no value of a plan is in it."""
        return {
            "fail_on": self.fail_on.name,
            "findings": [one.row() for one in self.findings],
            "accepted": [one.row() for one in self.accepted],
            "not_applicable": [one.row() for one in self.not_applicable],
            "scanned": [asdict(one) for one in self.scanned],
        }


def merge_verdicts(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on everything that was scanned in several scans of one tree, e.g. one for each environment."""
    first = verdicts[0]
    return Verdict(
        findings=merge_findings([one for each in verdicts for one in each.findings]),
        accepted=merge_findings([one for each in verdicts for one in each.accepted]),
        not_applicable=merge_findings([one for each in verdicts for one in each.not_applicable]),
        scanned=list({one.name: one for each in verdicts for one in each.scanned}.values()),
        fail_on=first.fail_on,
    )
