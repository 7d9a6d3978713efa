"""Turns the environment and target of a command line into an account."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from meridian import git, report
from meridian.console import say
from meridian.errors import CouldNotTell, UserError
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Environment
from meridian.paths import INVENTORY, repository_root
from meridian.targets import KINDS, Target, require_no_override


def resolve(
    start: Path,
    environment: str,
    kind: str,
    command: str = "",
    *,
    as_json: bool = False,
    require: Callable[[Environment], None] = lambda _: None,
) -> Target:
    """Return the target and print its title; changes nothing but the report of `command`, which is red from here on.

    `require` raises if the command refuses the environment wherever it is. Raises UserError for an unknown
    environment or target, for an endpoint override and outside of git, CouldNotTell if the local AWS does not run
    or the credentials for real AWS cannot be used.
    """
    root = repository_root(start)
    about = {"environment": environment, "target": kind}
    with report.report_started(root, command, about, as_json=as_json) if command else nullcontext():
        return _resolve(root, environment, kind, require)


def _resolve(root: Path, environment: str, kind: str, require: Callable[[Environment], None]) -> Target:
    if kind not in KINDS:
        raise UserError(f"There is no target {kind!r}.", f"Use one of: {', '.join(KINDS)}.")
    git.require_top(root)
    inventory = load_inventory(root / INVENTORY)
    chosen = inventory.environment(environment)
    require(chosen)
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
