"""`meridian down`."""

from typing import Annotated

import typer

from meridian.console import say, step
from meridian.errors import Exit
from meridian.local import server
from meridian.options import HERE, RootOption


def down(
    environment: Annotated[str, typer.Argument(metavar="[ENV]", help="Default: every environment that runs.")] = "",
    root: RootOption = HERE,
    forget: Annotated[bool, typer.Option("--forget", help="Also delete its state: the next up starts anew.")] = False,
) -> int:
    """Stop the local AWS and keep its state for the next up.

    Example: meridian down dev --forget
    """
    known = server.list_environments(root)
    wanted = [environment] if environment else known
    if not wanted:
        say("This checkout has no local AWS.")
    for name in wanted:
        if name not in known:
            say(f"{name}: no local AWS exists.")
            continue
        with step(f"stop the local AWS of {name}" + (" and delete its state" if forget else "")):
            ran = server.stop_server(root, name, forget)
        if not ran:
            say(f"   {name}: it was not running.")
    return Exit.OK
