"""What a review comes to: what both gates say, and what an owner must release."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from meridian.errors import Exit
from meridian.review.change import Change
from meridian.run.summary import UnitPlan
from meridian.scan.finding import Finding
from meridian.scan.owned import STRICTER
from meridian.scan.verdict import Verdict

PARITY = ("exit_code", "undeclared", "error", "hint")
"""What is kept of the report of `meridian parity`."""


@dataclass(frozen=True)
class Review:
    """`before` is the verdict of the gate before the change (None: it could not tell, `unknown` says why).

    `own` is the report of the change's own `meridian scan`, `parity` that of its `meridian parity`, both None
    where nothing of the change was run; `plans` is what would change in an environment, `rendered` the
    difference of live/.
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
    to_release: Sequence[Finding] = field(init=False)

    def __post_init__(self) -> None:
        found = self.change.of_gate
        if self.before is None:
            found.append(STRICTER.finding(f"The gate before the change could not tell: {self.unknown}", file="live"))
        else:
            told = {(row.get("check"), row.get("file")) for row in (self.own or {}).get("findings", ())}
            found += [_talked_away(one) for one in self.before.failing if (one.check, one.file) not in told]
        object.__setattr__(self, "to_release", found)

    @property
    def sound(self) -> bool:
        """Whether the change passes its own gate and parity, as far as they were asked."""
        return all(report["exit_code"] == Exit.OK for report in self._asked)

    @property
    def code(self) -> Exit:
        """What its own gate says; then FINDINGS while something is to be released."""
        for report in self._asked:
            if report["exit_code"] != Exit.OK:
                return Exit(report["exit_code"])
        return Exit.FINDINGS if self.to_release and not self.released else Exit.OK

    @property
    def _asked(self) -> list[Mapping[str, Any]]:
        return [report for report in (self.own, self.parity) if report is not None]

    @property
    def release(self) -> str:
        """`needed` if only an owner's word is missing, else `none`: the pull request's next job asks for it."""
        return "needed" if self.sound and self.to_release else "none"

    def body(self) -> dict[str, Any]:
        """Return the review as out/review.json holds it; no value of a plan is in it."""
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


def _talked_away(found: Finding) -> Finding:
    what = f"{found.check} counts before the change: {found.what}"
    return STRICTER.finding(what, file=found.file, line=found.line, places=found.places)
