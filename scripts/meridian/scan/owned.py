"""What judges a change, and the rules that keep it in the hands of its owners."""

import re

from meridian.scan.finding import Severity
from meridian.scan.rule import Rule

# What is judged and judges nothing. All else does, or is run by what does: GNUmakefile comes before Makefile,
# scripts/sitecustomize.py before any program, a committed .venv before the set-up.
JUDGED = re.compile(
    r"README\.md|docs/.+|live/.+|tests/(?!gate/|workflows/).+"
    r"|modules/(?:releases\.yaml|[^/]+/(?:[^/]+\.(?:tf|md)|tests/.+|functions/(?:README\.md|(?:src|tests)/.+)))"
)
HIDDEN = re.compile(r"(?:^|/)\.")
LOCK = re.compile(r"live/[^/]+/\.terraform\.lock\.hcl")
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


def judges(name: str) -> bool:
    """Whether a file (relative to the repository) decides, or can, whether a change is green.

    .github/CODEOWNERS gives each such file an owner; a name of an odd form counts as one.
    """
    return not LOCK.fullmatch(name) and (bool(HIDDEN.search(name)) or not JUDGED.fullmatch(name))
