"""A local AWS with the base of a change deployed, so that a plan shows the effect of the change."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meridian.console import say, step
from meridian.deploy.access import apply_roles, plan_roles
from meridian.errors import UserError
from meridian.inventory.load import load_inventory
from meridian.local import server
from meridian.paths import INVENTORY
from meridian.plans import terragrunt
from meridian.state.bootstrap import correct_state_bucket
from meridian.targets import Target


@contextmanager
def deployed_base(before: Path, change: Path, environment: str) -> Iterator[Target]:
    """Yield the change's environment on a local AWS of its own, with the environment of `before` deployed.

    A new environment, or one in another account, starts empty. The local AWS is stopped and wiped at the end.
    Raises UserError if a local AWS of the change is already running.
    """
    inventory = load_inventory(change / INVENTORY)
    chosen = inventory.environment(environment)
    if server.find_server(change, chosen):
        raise UserError(
            f"The local AWS of {environment} is running in {change.name}; a review would change its contents.",
            "Stop it with `meridian down`, or review a commit: `meridian review --base REVISION`.",
        )
    running = server.start_server(change, chosen)
    try:
        target = Target("local", change, chosen, inventory.repository, running.endpoint)
        correct_state_bucket(target, dry_run=False)
        earlier = {one.name: one for one in load_inventory(before / INVENTORY).environments}.get(environment)
        if earlier is None or earlier.account_id != chosen.account_id:
            say(f"   {environment} is new: every plan creates everything.")
        else:
            with step(f"deploy {environment} as it was before the change"):
                base = Target("local", before, earlier, inventory.repository, running.endpoint)
                if earlier.oidc_provider is not None:
                    # The functions' roles name the boundary that these bring.
                    apply_roles(*plan_roles(base), yes=True, gate=False)
                terragrunt.run(base, "apply").require_success("The apply of the base")
        yield target
    finally:
        server.stop_server(change, environment, forget=True)
