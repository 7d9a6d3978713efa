"""Turns the environment and target of a command line into an account."""

import os
from pathlib import Path

from meridian import git
from meridian.console import say
from meridian.errors import CouldNotTell, UserError
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Environment
from meridian.paths import INVENTORY, repository_root
from meridian.targets import KINDS, Target, require_no_override


def resolve(start: Path, environment: str, kind: str, state_region: str = "") -> Target:
    """Return the target and print its title; changes nothing. With `state_region` its states are those of the copy.

    Raises UserError for an unknown environment or target, for an endpoint override and outside of git,
    CouldNotTell if the local AWS does not run or the credentials for real AWS cannot be used.
    """
    root = repository_root(start)
    require_kind(kind)
    git.require_top(root)
    inventory = load_inventory(root / INVENTORY)
    chosen = choose_states(inventory.environment(environment), state_region)
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


def require_kind(kind: str) -> None:
    """Raise UserError unless there is a target of that name."""
    if kind not in KINDS:
        raise UserError(f"There is no target {kind!r}.", f"Use one of: {', '.join(KINDS)}.")


def choose_states(environment: Environment, region: str) -> Environment:
    """Return the environment with its states where a command looks for them; UserError if there is no copy there."""
    if region in ("", environment.primary_region):
        return environment
    if environment.state_copy is None:
        raise UserError(
            f"{environment.name} has no copy of its states.",
            f"Only `state_copy: {region}` in live/inventory.yaml and `meridian bootstrap {environment.name}` make one, "
            "before the primary region is lost.",
        )
    if region != environment.state_copy:
        raise UserError(
            f"{environment.name} has no copy of its states in {region}.",
            f"Use --state-region {environment.state_copy}.",
        )
    return environment.copy
