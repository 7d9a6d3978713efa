"""The command up: from nothing to a verified environment on the local AWS."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from meridian import git, report
from meridian.console import say, step
from meridian.deploy.access import apply_roles, plan_roles
from meridian.errors import Exit
from meridian.inventory.load import load_inventory
from meridian.local import server
from meridian.options import HERE, JsonOption, RootOption
from meridian.paths import INVENTORY
from meridian.plans import terragrunt
from meridian.plans.recording import recorded
from meridian.plans.run_lock import begin_run
from meridian.render.command import require_current
from meridian.state.bootstrap import correct_state_bucket
from meridian.targets import Target, target_heading
from meridian.verify.command import verify_target


@report.with_report("verify")
def up(
    environment: Annotated[str, typer.Argument(metavar="[ENV]", help="An environment of live/inventory.yaml.")] = "dev",
    root: RootOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Deploy an environment to a local AWS and verify it.

    Checks live/, starts the local AWS, makes the state bucket, applies every unit and verifies.

    Example: meridian up dev
    """
    took: dict[str, float] = {}
    git.require_top(root)
    inventory = load_inventory(root / INVENTORY)
    chosen = inventory.environment(environment)
    say(target_heading(chosen, "local"))
    with _timed(took, "check that live/ is current"):
        require_current(root)
    with _timed(took, "start the local AWS"):
        running = server.start_server(root, chosen)
    target = Target("local", root, chosen, inventory.repository, running.endpoint)
    say(f"   the local AWS answers at {running.endpoint}; its log is {running.log}")
    begin_run(target, "up")
    with _timed(took, "bootstrap the state bucket"):
        correct_state_bucket(target, dry_run=False)
    if chosen.oidc_provider is not None:
        with _timed(took, "make the roles of pipelines"):
            apply_roles(*plan_roles(target), yes=True, gate=False)
    with _timed(took, "apply every unit"):
        with recorded(target) as applied:
            result = terragrunt.run(target, "apply")
            applied += result.succeeded
        result.require_success("The apply")
    with _timed(took, "verify"):
        code = verify_target(target, as_json=as_json)
    say("took " + ", ".join(f"{what} {seconds:.1f} s" for what, seconds in took.items()))
    if code == Exit.OK:
        say(f'Next: eval "$(.venv/bin/meridian env {environment} --target local)", then plain terragrunt.')
        say("`make down` stops the local AWS and keeps its data.")
    return code


@contextmanager
def _timed(took: dict[str, float], title: str) -> Iterator[None]:
    begun = time.monotonic()
    with step(title):
        yield
    took[title] = time.monotonic() - begun
