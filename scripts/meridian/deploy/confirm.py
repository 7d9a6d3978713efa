"""The confirmation of a step that cannot be undone: the environment's name, typed or given."""

import sys

from meridian.console import say
from meridian.errors import UserError


def require_yes(doing: str, given: bool) -> None:
    """Return if `--yes` was given or `yes` is typed now; raise UserError otherwise."""
    if given:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise UserError(f"{doing} It needs your confirmation, and this is not a terminal.", "Add --yes.")
    say(f"{doing} Type yes to go on:")
    if sys.stdin.readline().strip() != "yes":
        raise UserError("Not confirmed: nothing was done.", "Run it again and type yes, or add --yes.")


def require_name(environment: str, given: str, doing: str) -> None:
    """Return if the environment's name was given or is typed now; raise UserError otherwise."""
    if not given and sys.stdin and sys.stdin.isatty():
        say(f"{doing} Type the environment's name to go on:")
        given = sys.stdin.readline().strip()
    if not given:
        raise UserError(
            f"{doing} It needs your confirmation, and this is not a terminal.", f"Add --confirm {environment}."
        )
    if given != environment:
        raise UserError(f"{given!r} is not the environment's name: nothing was done.", f"The name is {environment}.")
