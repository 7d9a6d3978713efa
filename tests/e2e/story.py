"""What happens to the second clone's `dev`: destroyed with an interruption, planned with mocks, applied for real."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from tests.e2e import deployed
from tests.e2e.checkout import Checkout, Done

LOCAL = ("dev", "--target", "local")
UNROTATED = ("enable_key_rotation     = true", "enable_key_rotation     = false")
CHANGES = {
    "an inventory that is not rendered": ("live/inventory.yaml", "memory_mb: 256", "memory_mb: 512", False),
    "an inventory that is rendered": ("live/inventory.yaml", "memory_mb: 256", "memory_mb: 512", True),
    "a module of the working tree": ("modules/data/outputs.tf", "", "# changed\n", False),
}
"""File, old text, new text and whether live/ is rendered, for each change that a saved plan does not survive."""


@dataclass(frozen=True)
class Interrupted:
    """A destroy that got a Ctrl-C when the first unit was gone; `left` are the units' numbers of resources."""

    code: int
    said: str
    still_running: list[str]
    left: dict[str, int]


@dataclass(frozen=True)
class Story:
    """What each step printed and left behind, in the order of the steps."""

    interrupted: Interrupted
    destroyed: Done
    empty: dict[str, int]
    not_verified: Done
    gated: Done
    gate: dict[str, Any]
    planned: Done
    plan: dict[str, Any]
    shown: Done
    shown_unit: Done
    saved_plans: dict[str, str]
    refused: dict[str, Done]
    applied: Done
    apply: dict[str, Any]
    verified: Done
    deployed: dict[str, str]
    applied_again: Done


def tell(checkout: Checkout) -> Story:
    """Do every step, in the order of the fields; a failure ends it only where the next steps would be pointless."""
    return Story(
        interrupted=_interrupted_destroy(checkout),
        destroyed=checkout.meridian("destroy", *LOCAL, "--confirm", "dev").expect(0),
        empty=resources(checkout),
        not_verified=checkout.meridian("verify", *LOCAL),
        gated=_apply_what_the_gate_refuses(checkout),
        gate=checkout.report("apply"),
        planned=checkout.meridian("plan", *LOCAL).expect(0),
        plan=checkout.report("plan"),
        shown=checkout.meridian("show", *LOCAL),
        shown_unit=checkout.meridian("show", *LOCAL, "--unit", "us-east-1/data"),
        saved_plans=_saved_plans(checkout),
        refused={name: _apply_after(checkout, *change) for name, change in CHANGES.items()},
        applied=checkout.meridian("apply", *LOCAL).expect(0),
        apply=checkout.report("apply"),
        verified=checkout.meridian("verify", *LOCAL),
        deployed=deployed.everything(checkout.target("dev")),
        applied_again=checkout.meridian("apply", *LOCAL),
    )


def resources(checkout: Checkout) -> dict[str, int]:
    """Return how many resources each unit's state holds."""
    return {unit: len(state["resources"]) for unit, state in deployed.states(checkout.target("dev")).items()}


def _interrupted_destroy(checkout: Checkout) -> Interrupted:
    process = subprocess.Popen(
        checkout.command("destroy", *LOCAL, "--confirm", "dev"),
        cwd=checkout.root,
        env=checkout.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A terminal interrupts the whole group. What a script starts with `&` would ignore that.
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    said = []
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if "Destroy complete" in line:
                os.killpg(process.pid, signal.SIGINT)
                break
        said += process.stderr
    return Interrupted(process.returncode, "".join(said), _running(process.pid), resources(checkout))


def _running(group: int) -> list[str]:
    """Return the processes of a group that have not ended."""
    found = []
    for process in psutil.process_iter(["name", "status"]):
        try:
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(str(process.info["name"]))
        except ProcessLookupError:
            continue
    return found


def _apply_what_the_gate_refuses(checkout: Checkout) -> Done:
    """Plan with a key that is never rotated, and apply that plan."""
    with _edited(checkout, "modules/data/key.tf", *UNROTATED, render=False):
        checkout.meridian("plan", *LOCAL).expect(0)
        return checkout.meridian("apply", *LOCAL)


def _apply_after(checkout: Checkout, file: str, old: str, new: str, render: bool) -> Done:
    with _edited(checkout, file, old, new, render=render):
        return checkout.meridian("apply", *LOCAL)


@contextmanager
def _edited(checkout: Checkout, file: str, old: str, new: str, *, render: bool) -> Iterator[None]:
    """Replace a text in a file, and render if asked; put all back afterwards."""
    path = checkout.root / file
    before = path.read_text()
    path.write_text(before.replace(old, new, 1))
    assert path.read_text() != before, f"{file} does not hold {old!r}."
    try:
        if render:
            checkout.meridian("generate").expect(0)
        yield
    finally:
        path.write_text(before)
        if render:
            checkout.meridian("generate").expect(0)


def _saved_plans(checkout: Checkout) -> dict[str, str]:
    folder = checkout.root / "out/local/dev/plans"
    return {str(path.parent.relative_to(folder)): path.read_text() for path in folder.glob("*/*/tfplan.json")}
