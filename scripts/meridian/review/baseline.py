"""A local AWS that holds an environment as it was before a change, so that a plan shows what the change does to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meridian.console import say, step
from meridian.errors import UserError
from meridian.inventory.load import load
from meridian.local import server
from meridian.local.bootstrap import bootstrap
from meridian.paths import INVENTORY
from meridian.run import terragrunt
from meridian.targets import Target


@contextmanager
def seeded(before: Path, change: Path, environment: str) -> Iterator[Target]:
    """Yield the change's environment on a local AWS of its own, where what was before it is deployed.

    An environment that is new, or that is in another account than before, begins empty. The local AWS is
    stopped and wiped at the end. Raises UserError where the change's checkout has one that runs.
    """
    inventory = load(change / INVENTORY)
    chosen = inventory.environment(environment)
    if server.find(change, chosen):
        raise UserError(
            f"The local AWS of {environment} runs in {change.name}; a review would change what it holds.",
            "Review a commit instead: `meridian review --base REVISION`; or stop it: `meridian down`.",
        )
    running = server.start(change, chosen)
    try:
        target = Target("local", change, chosen, inventory.repository, running.endpoint)
        bootstrap(target, dry_run=False)
        earlier = {one.name: one for one in load(before / INVENTORY).environments}.get(environment)
        if earlier is None or earlier.account_id != chosen.account_id:
            say(f"   {environment} was not there before the change: every plan is a first one.")
        else:
            with step(f"deploy {environment} as it was before the change"):
                there = Target("local", before, earlier, inventory.repository, running.endpoint)
                terragrunt.run(there, "apply").require_success("The apply of what was before the change")
        yield target
    finally:
        server.stop(change, environment, forget=True)
