"""Checks of files beside modules and plans: secrets, workflows, shell and Python, each by a tool of its own."""

import re

FILE_CHECK = re.compile(
    r"(?:MRD_)?SECRET_[A-Z0-9_]+|(?:ZIZMOR|ACTIONLINT)_[A-Z0-9_]+|SC[0-9]{4}|RUFF_[A-Z0-9]+|MRD_TEXT_[0-9]+"
)
"""The ids of findings in files; a new release of a tool may add ids."""
