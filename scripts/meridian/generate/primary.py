"""The primary region of an environment stays where it is: what moving it would take is no edit of one line."""

import re
from collections.abc import Sequence
from pathlib import Path

from meridian.errors import UserError
from meridian.generate.plan import ENVIRONMENT
from meridian.generate.write import Change
from meridian.inventory import document
from meridian.paths import INVENTORY

_LINE = re.compile(r'^  primary_region\s*= "([a-z0-9-]+)"$', re.MULTILINE)


def require_unmoved(changes: Sequence[Change], live: Path) -> None:
    """Raise UserError if an environment that is rendered would get another primary region; live/ has the inventory."""
    moved: list[str] = []
    for change in changes:
        name, _, file = change.path.removeprefix("live/").partition("/")
        if file != ENVIRONMENT or change.before is None or change.after is None:
            continue
        before, after = _LINE.search(change.before), _LINE.search(change.after)
        if before and after and before[1] != after[1]:
            line = document.read(live / INVENTORY.name, INVENTORY.as_posix()).line(
                ("environments", name, "primary_region")
            )
            moved.append(
                f"{INVENTORY}:{line}: environments.{name}.primary_region: {name} has its user pool, and the state of "
                f"every unit, in {before[1]}; they cannot move to {after[1]}."
            )
    if moved:
        raise UserError(
            "\n".join(moved),
            "A move takes a new user pool (users sign up anew, tokens end), a new state bucket and key, and every "
            "state copied: make a new environment there with `meridian add-env` and let the users change over. "
            "If nothing is deployed, or all of it is destroyed and the state bucket gone, delete its env.hcl first.",
        )
