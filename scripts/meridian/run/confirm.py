"""A person's consent to what cannot be taken back: the environment's name, typed."""

import sys

from meridian.console import say
from meridian.errors import UserError


def require_name(environment: str, given: str, doing: str) -> None:
    """Return only if the environment's name was given, or is typed now; else UserError."""
    if not given and sys.stdin.isatty():
        say(f"{doing} Type the environment's name to go on:")
        given = sys.stdin.readline().strip()
    if not given:
        raise UserError(
            f"{doing} It needs your consent, and nobody can be asked here.", f"Add --confirm {environment}."
        )
    if given != environment:
        raise UserError(f"{given!r} is not the environment's name: nothing was done.", f"The name is {environment}.")
