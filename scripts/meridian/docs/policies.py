"""The list of policies and rules in docs/policies.md."""

from meridian.gate.scan import RULES
from policies.checks._catalogue import CATALOGUE


def policies() -> str:
    """Return an entry for each of our Checkov policies and each rule; findings link to its anchor."""
    rows = [(one.id, one.severity, one.title, one.why, one.fix) for one in CATALOGUE.values()]
    rows += [(one.id, one.severity.name, one.title, one.why, one.fix) for one in RULES]
    return "\n\n".join(
        f'## <a id="{name.lower()}"></a>{name}: {title}\n{severity}. {why}\n\n**Fix:** {fix}'
        for name, severity, title, why, fix in rows
    )
