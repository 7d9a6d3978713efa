"""The result of a review: the verdicts of both gates, and what an owner must release."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from meridian.errors import Exit
from meridian.gate.finding import Finding
from meridian.gate.review.change import Change
from meridian.gate.rules.owned import BASE_STRICTER
from meridian.gate.verdict import Verdict
from meridian.plans.summary import UnitPlan

PARITY = ("exit_code", "undeclared", "error", "hint")
"""The keys of the parity report that a review keeps."""


@dataclass(frozen=True)
class Review:
    """The verdicts on one change.

    `before` is the verdict of the base's gate; None if it could not tell, for the reason `unknown`. `own` and
    `parity` are the reports of the change's own `meridian scan` and `meridian parity`, None if they did not run.
    `plans` are those of `environment`, `rendered` is the diff of live/.
    """

    change: Change
    before: Verdict | None
    unknown: str
    own: Mapping[str, Any] | None
    parity: Mapping[str, Any] | None
    environment: str = ""
    plans: Sequence[UnitPlan] = ()
    rendered: str = ""
    released: bool = False

    @cached_property
    def to_release(self) -> list[Finding]:
        """What an owner must release: changes of the gate, and findings that only the base's gate reports."""
        found = self.change.findings
        if self.before is None:
            found.append(BASE_STRICTER.finding(f"The gate of the base could not tell: {self.unknown}", file="live"))
        else:
            reported = {(row.get("check"), row.get("file")) for row in (self.own or {}).get("findings", ())}
            lost = [one for one in self.before.failing if (one.check, one.file) not in reported]
            found += [_lost_finding(one) for one in lost]
        return found

    @property
    def sound(self) -> bool:
        """Whether the change passes its own gate and parity check, as far as they ran."""
        return all(report["exit_code"] == Exit.OK for report in self._reports)

    @property
    def code(self) -> Exit:
        """The exit code: that of its own gate, then FINDINGS until an owner has released the change."""
        for report in self._reports:
            if report["exit_code"] != Exit.OK:
                return Exit(report["exit_code"])
        return Exit.FINDINGS if self.to_release and not self.released else Exit.OK

    @property
    def _reports(self) -> list[Mapping[str, Any]]:
        return [report for report in (self.own, self.parity) if report is not None]

    @property
    def release(self) -> str:
        """`needed` if only the release by an owner is missing, else `none`; the pull request's next job reads it."""
        return "needed" if self.sound and self.to_release else "none"

    def body(self) -> dict[str, Any]:
        """Return the content of out/review.json, without any value of a plan."""
        return {
            "base": self.change.base,
            "head": self.change.head,
            "release": self.release,
            "to_release": [one.row() for one in self.to_release],
            "before": self.before.body() if self.before else {"error": self.unknown},
            "own": self.own,
            "parity": self.parity and {key: value for key, value in self.parity.items() if key in PARITY},
            "environment": self.environment,
            "plans": [asdict(one) for one in self.plans],
            "rendered": self.rendered,
            "released": self.released,
        }


def _lost_finding(found: Finding) -> Finding:
    what = f"The gate of the base reports {found.check}: {found.what}"
    return BASE_STRICTER.finding(what, file=found.file, line=found.line, places=found.places)
