"""What lies beside modules and plans: secrets, workflows, shell and Python, each looked at by tools of their own."""

import re

KINDS = {
    "secrets": r"(?:MRD_)?SECRET_[A-Z0-9_]+",
    "workflows": r"(?:ZIZMOR|ACTIONLINT)_[A-Z0-9_]+",
    "shell": r"SC[0-9]{4}",
    "python": r"RUFF_[A-Z0-9]+",
}
"""What is looked at, and which ids its findings have; each release of a tool may bring new ones."""


def tool_of(check: str) -> str:
    """Return which of KINDS an id belongs to, or nothing."""
    return next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, check)), "")
