"""A rule of our own: what it is called, how much it matters, why, and what to write instead."""

from dataclasses import dataclass

from meridian.scan.finding import Finding, Place, Severity

PAGE = "docs/policies.md"


@dataclass(frozen=True)
class Rule:
    """One rule; `id` is what findings and waivers name, `why` and `fix` are sentences."""

    id: str
    title: str
    severity: Severity
    why: str
    fix: str

    @property
    def guideline(self) -> str:
        """Where the rule is explained."""
        return f"{PAGE}#{self.id.lower()}"

    def finding(
        self,
        what: str,
        *,
        file: str,
        line: int = 0,
        module: str = "",
        places: tuple[Place, ...] = (),
        fix: str = "",
        provisional: bool = False,
    ) -> Finding:
        """Return a finding of this rule; `what` says what is wrong here."""
        return Finding(
            check=self.id,
            title=self.title,
            severity=self.severity,
            what=what,
            why=self.why,
            fix=fix or self.fix,
            file=file,
            line=line,
            module=module,
            places=places,
            guideline=self.guideline,
            provisional=provisional,
        )
