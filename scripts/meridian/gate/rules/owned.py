"""Which files can decide whether a change is green, and the rules that keep them with their owners."""

import re

from meridian.gate.finding import Severity
from meridian.gate.rule import Rule

# Files that cannot decide. Every other file can, or runs with one that can: GNUmakefile is read before Makefile,
# scripts/sitecustomize.py before any program, a committed .venv before the set-up.
CHECKED = re.compile(
    r"README\.md|docs/.+|live/.+|tests/(?!gate/|workflows/).+"
    r"|modules/(?:releases\.yaml|[^/]+/(?:[^/]+\.(?:tf|md)|tests/.+|functions/(?:README\.md|(?:src|tests)/.+)))"
)
HIDDEN = re.compile(r"(?:^|/)\.")
# Read or run before a program's own files, in whichever folder they lie.
READ_FIRST = re.compile(
    r"(?:.*/)?(?:conftest\.py|(?:site|user)customize\.py|(?:GNU|BSD)?[Mm]akefile|[^/]+\.(?:cfg|ini|pth|toml))"
)
GATE_CHANGED = Rule(
    "MRD_GATE_001",
    "Owners release changes of the gate",
    Severity.HIGH,
    "The author of such a change could make the gate accept their own finding.",
    "An owner (.github/CODEOWNERS) reviews it and approves the environment gate-change of the pull request.",
)
BASE_STRICTER = Rule(
    "MRD_GATE_002",
    "The gate of the base accepts the change too",
    Severity.HIGH,
    "Only the change's own policies and waivers accept it, so it may hide a finding.",
    "Fix the finding; if the new policy or waiver is right, an owner releases the change.",
)
WEAKER = Rule(
    "MRD_GATE_003",
    "Owners release what weakens the inventory",
    Severity.HIGH,
    "One word of the inventory moves an environment into another account or takes its protection away.",
    "An owner (.github/CODEOWNERS) reviews it and approves the environment gate-change of the pull request.",
)
RULES = (GATE_CHANGED, BASE_STRICTER, WEAKER)


def is_gate_file(name: str) -> bool:
    """Whether a file (relative to the repository) can decide whether a change is green.

    .github/CODEOWNERS gives each such file an owner; a file with an unusual name counts as one.
    """
    return bool(HIDDEN.search(name) or READ_FIRST.fullmatch(name)) or not CHECKED.fullmatch(name)
