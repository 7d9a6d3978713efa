"""Checks of files beside modules and plans: secrets, workflows, shell and Python, each by a tool of its own."""

import re

KINDS = {
    "secrets": r"(?:MRD_)?SECRET_[A-Z0-9_]+",
    "workflows": r"(?:ZIZMOR|ACTIONLINT)_[A-Z0-9_]+",
    "shell": r"SC[0-9]{4}",
    "python": r"RUFF_[A-Z0-9]+",
    "text": r"MRD_TEXT_[0-9]+",
}
"""The kinds of checks and the ids of their findings; a new release of a tool may add ids."""


def tool_of(check: str) -> str:
    """Return the kind of KINDS that an id belongs to, or ""."""
    return next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, check)), "")
