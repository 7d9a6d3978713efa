"""A run on the copy of the states, as where the primary region is lost, and the way back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian.state.contents import read_states
from meridian.state.copy import of_copy
from meridian.targets import Target
from tests.e2e.checkout import Checkout, clone

LOCAL = ("dev", "--target", "local")
COPY = ("--state-region", "eu-west-1")


@pytest.fixture
def checkout(home: Path) -> Iterator[Checkout]:
    """Return a clone whose `dev` has one region and a copy of its states in another, deployed."""
    made = clone(home / "clone with a copy", home)
    inventory = made.root / "live/inventory.yaml"
    dev, others = inventory.read_text().split("  staging:")
    dev = dev.replace("      eu-west-1: {} # {} if", "      # {} if")
    keys = '    state_copy: eu-west-1\n    retired: {eu-west-1: "2026-01-31"}\n'
    inventory.write_text(f"{dev.replace('    versions:', f'{keys}    versions:')}  staging:{others}")
    made.meridian("generate").expect(0)
    made.meridian("up", "dev").expect(0)
    yield made
    made.end()


def serials(target: Target) -> dict[str, int]:
    """Return the serial of each state in the bucket of a target."""
    return {one.unit: int(one.document["serial"]) for one in read_states(target) if one.document}


def test_a_run_goes_on_with_the_copy_and_its_states_come_back(checkout: Checkout) -> None:
    here = checkout.target("dev")
    there = of_copy(here)
    before = serials(here)
    assert set(before) == {"us-east-1/compute", "us-east-1/data", "us-east-1/identity"}
    assert serials(there) == before

    inventory = checkout.root / "live/inventory.yaml"
    inventory.write_text(inventory.read_text().replace("memory_mb: 256", "memory_mb: 512", 1))
    checkout.meridian("generate").expect(0)
    planned = checkout.meridian("plan", *LOCAL, *COPY).expect(0)
    assert "memory_size 256 -> 512" in planned.stdout
    assert "make apply ENV=dev TARGET=local STATE_REGION=eu-west-1" in planned.stderr
    checkout.meridian("scan", "--env", *LOCAL, *COPY).expect(0)
    assert checkout.meridian("plan", *LOCAL).expect(0), "Only an apply uses the copy."
    checkout.meridian("apply", *LOCAL, *COPY).expect(0)
    assert serials(here) == before
    assert serials(there)["us-east-1/compute"] > before["us-east-1/compute"]
    checkout.meridian("verify", *LOCAL, *COPY).expect(0)
    lost = checkout.meridian("recover", *LOCAL, *COPY, "--dry-run").expect(0)
    assert "note: us-east-1 is lost: not looked into." in lost.stderr

    refused = checkout.meridian("plan", *LOCAL).expect(2)
    assert "states were written in the copy in eu-west-1" in refused.stderr
    assert "meridian recover dev --target local" in refused.stderr
    shown = checkout.meridian("recover", *LOCAL, "--dry-run").expect(1)
    assert "would bring back  us-east-1/compute" in shown.stderr
    assert serials(here) == before
    checkout.meridian("recover", *LOCAL, "--yes").expect(0)
    assert serials(here) == serials(there)
    assert "No changes" in checkout.meridian("plan", *LOCAL).expect(0).stdout
