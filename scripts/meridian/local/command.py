"""`meridian down`."""

from pathlib import Path

from meridian.console import say, step
from meridian.errors import Exit
from meridian.local import server


def down(root: Path, environment: str, forget: bool) -> int:
    """Stop the local AWS of an environment, or of all (""), with `forget` also delete its state; returns 0.

    Does not read the inventory, which may be broken.
    """
    known = server.environments(root)
    wanted = [environment] if environment else known
    if not wanted:
        say("This checkout has no local AWS.")
    for name in wanted:
        if name not in known:
            say(f"{name}: no local AWS exists.")
            continue
        with step(f"stop the local AWS of {name}" + (" and delete its state" if forget else "")):
            ran = server.stop(root, name, forget)
        if not ran:
            say(f"   {name}: it was not running.")
    return Exit.OK
