"""From what was typed (environment, target) to the account it means."""

import os
from pathlib import Path

from meridian.console import say
from meridian.errors import CouldNotTell, UserError
from meridian.inventory.load import load
from meridian.modules import git
from meridian.paths import INVENTORY, repository_root
from meridian.targets import KINDS, Target, require_no_override


def resolve(start: Path, environment: str, kind: str) -> Target:
    """Return the target and print its title; nothing has been changed or called for.

    Raises UserError for an unknown environment or target and for an endpoint override,
    CouldNotTell if the local AWS does not run or real AWS does not know us.
    """
    root = repository_root(start)
    if kind not in KINDS:
        raise UserError(f"There is no target {kind!r}.", f"Use one of: {', '.join(KINDS)}.")
    git.require_top(root)
    inventory = load(root / INVENTORY)
    chosen = inventory.environment(environment)
    if kind == "aws":
        require_no_override(os.environ)
        target = Target("aws", root, chosen, inventory.repository)
        say(target.title)
        target.require_account()
        return target
    from meridian.local import server

    running = server.find(root, chosen)
    if running is None:
        raise CouldNotTell(
            f"The local AWS of {environment} does not run.", f"Start it with `meridian up {environment}`."
        )
    target = Target("local", root, chosen, inventory.repository, running.endpoint)
    say(target.title)
    return target
