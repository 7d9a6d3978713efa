"""A rule of our own: its title, its severity, why it matters, and how to fix a finding."""

from dataclasses import dataclass

from meridian.gate.finding import Finding, Place, Severity

PAGE = "docs/policies.md"


@dataclass(frozen=True)
class Rule:
    """One rule; findings and waivers name its `id`, `why` and `fix` are sentences."""

    id: str
    title: str
    severity: Severity
    why: str
    fix: str

    @property
    def guideline(self) -> str:
        """The link to its entry in PAGE."""
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
        """Return a finding of this rule; `what` is the sentence about this place."""
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
