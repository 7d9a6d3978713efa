"""What judges a change, and the rules that keep it in the hands of its owners."""

from meridian.scan.finding import Severity
from meridian.scan.rule import Rule

GATE = (
    ".ci/",
    ".github/",
    ".secrets.baseline",
    "Makefile",
    "pyproject.toml",
    "scripts/meridian/",
    "scripts/policies/",
    "scripts/tools/",
)
"""What decides whether a change is green; .github/CODEOWNERS gives each of it an owner."""
CHANGED = Rule(
    "MRD_GATE_001",
    "The gate is changed by its owners",
    Severity.HIGH,
    "Whoever changes what judges could let their own finding through.",
    "An owner (.github/CODEOWNERS) looks at it and releases it: the environment gate-change of the pull request.",
)
STRICTER = Rule(
    "MRD_GATE_002",
    "The gate before the change accepts it too",
    Severity.HIGH,
    "Its own policies and waivers let it pass, those before it do not: a finding may have been talked away.",
    "Mend the finding; where the new policy or waiver is right, an owner releases it.",
)
RULES = (CHANGED, STRICTER)
