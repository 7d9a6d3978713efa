"""`meridian down`."""

from pathlib import Path

from meridian.console import say, step
from meridian.errors import Exit
from meridian.local import server


def down(root: Path, environment: str, forget: bool) -> int:
    """Stop the local AWS of an environment, or of all (""); with `forget`, wipe what it holds. Always 0.

    The inventory is not read: what runs can be stopped even if that is broken.
    """
    known = server.environments(root)
    wanted = [environment] if environment else known
    if not wanted:
        say("There is no local AWS of this checkout.")
    for name in wanted:
        if name not in known:
            say(f"{name}: there is no local AWS.")
            continue
        with step(f"stop the local AWS of {name}" + (" and wipe what it holds" if forget else "")):
            ran = server.stop(root, name, forget)
        if not ran:
            say(f"   {name}: it did not run.")
    return Exit.OK
