"""Turns the environment and target of a command line into an account."""

import os
from pathlib import Path

from meridian import git
from meridian.console import say
from meridian.errors import CouldNotTell, UserError
from meridian.inventory.load import load_inventory
from meridian.paths import INVENTORY, repository_root
from meridian.targets import KINDS, Target, require_no_override


def resolve(start: Path, environment: str, kind: str) -> Target:
    """Return the target and print its title; changes nothing.

    Raises UserError for an unknown environment or target, for an endpoint override and outside of git,
    CouldNotTell if the local AWS does not run or the credentials for real AWS cannot be used.
    """
    root = repository_root(start)
    if kind not in KINDS:
        raise UserError(f"There is no target {kind!r}.", f"Use one of: {', '.join(KINDS)}.")
    git.require_top(root)
    inventory = load_inventory(root / INVENTORY)
    chosen = inventory.environment(environment)
    if kind == "aws":
        require_no_override(os.environ)
        target = Target("aws", root, chosen, inventory.repository)
        say(target.title)
        target.require_account()
        return target
    from meridian.local import server

    running = server.find_server(root, chosen)
    if running is None:
        raise CouldNotTell(
            f"The local AWS of {environment} is not running.", f"Start it with `meridian up {environment}`."
        )
    target = Target("local", root, chosen, inventory.repository, running.endpoint)
    say(target.title)
    return target
