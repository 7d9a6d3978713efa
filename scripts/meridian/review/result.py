"""The result of a review: the verdicts of both gates, and what an owner must release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from meridian.deploy.summary.stored import store_summary
from meridian.deploy.summary.summary import Summary
from meridian.errors import Exit
from meridian.gate.finding import Finding
from meridian.gate.rules.owned import BASE_STRICTER
from meridian.gate.verdict import Verdict
from meridian.review.change import Change


@dataclass(frozen=True)
class Review:
    """The verdicts on one change.

    `before` is the verdict of the base's gate; None if it could not tell, for the reason `unknown`. `own` and
    `parity` are the reports of the change's own `meridian scan` and `meridian parity`, None if they did not run.
    `plans` are the summaries of the planned environments, `reasons` the touched units by reason, `rendered` is the
    diff of live/.
    """

    change: Change
    before: Verdict | None
    unknown: str
    own: Mapping[str, Any] | None = None
    parity: Mapping[str, Any] | None = None
    plans: Sequence[Summary] = ()
    reasons: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rendered: str = ""
    released: bool = False

    @cached_property
    def to_release(self) -> list[Finding]:
        """What an owner must release: changes of the gate, and findings that only the base's gate reports."""
        found = list(self.change.findings)
        if self.before is None:
            found.append(BASE_STRICTER.finding(f"The gate of the base could not tell: {self.unknown}", file="live"))
            return found
        reported = {(row.get("check"), row.get("file")) for row in (self.own or {}).get("findings", ())}
        for one in self.before.failing:
            if (one.check, one.file) not in reported:
                what = f"The gate of the base reports {one.check}: {one.what}"
                found.append(BASE_STRICTER.finding(what, file=one.file, line=one.line, places=one.places))
        return found

    @property
    def code(self) -> Exit:
        """The exit code: that of its own gate or parity check, then FINDINGS until an owner has released the change."""
        own = self._own_code
        return Exit.FINDINGS if own is Exit.OK and self.to_release and not self.released else own

    @property
    def _own_code(self) -> Exit:
        codes = (Exit(report["exit_code"]) for report in (self.own, self.parity) if report is not None)
        return next((code for code in codes if code is not Exit.OK), Exit.OK)

    def body(self) -> dict[str, Any]:
        """Return the content of out/review.json, without sensitive values of a plan.

        `release` is `needed` if only the release by an owner is missing; the pull request's next job reads it.
        """
        return {
            "base": self.change.base,
            "head": self.change.head,
            "release": "needed" if self._own_code is Exit.OK and self.to_release else "none",
            "to_release": [one.row() for one in self.to_release],
            "released_diff": self.change.released_diff(),
            "own": self.own,
            "parity": self.parity,
            "plans": [store_summary(one) for one in self.plans],
            "reasons": [{"reason": reason, "units": list(units)} for reason, units in self.reasons.items()],
            "rendered": self.rendered,
            "released": self.released,
        }
