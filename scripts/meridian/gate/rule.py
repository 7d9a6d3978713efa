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

    def finding(
        self, what: str, *, file: str, line: int = 0, module: str = "", places: tuple[Place, ...] = (), fix: str = ""
    ) -> Finding:
        """Return a finding of this rule; `what` is the sentence about this place."""
        texts = (self.id, self.title, self.severity, what, self.why, fix or self.fix)
        return Finding(*texts, file, line, module, places, guideline=f"{PAGE}#{self.id.lower()}")

    def in_unit(self, what: str, place: Place, code: tuple[str, int] = ("", 0)) -> Finding:
        """Return a finding in the plan of a unit; `code` is file and line of the resource in the module's folder."""
        file, line = code
        path = f"modules/{place.unit}/{file}".rstrip("/")
        return self.finding(what, file=path, line=line, module=place.unit, places=(place,))
