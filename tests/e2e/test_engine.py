"""The main path on the engine of MERIDIAN_TEST_ENGINE: generate, plan, apply, verify, an empty plan, destroy."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian.engines import ENGINES, TERRAFORM, Engine
from meridian.local import server
from meridian.paths import INVENTORY
from tests.e2e import deployed
from tests.e2e.checkout import Checkout, clone, verdicts

LOCAL = ("dev", "--target", "local")
REGIONS = ["us-east-1", "eu-west-1"]


@pytest.fixture(scope="module")
def engine(home: Path) -> Engine:
    """Return the engine under test; `home` has seen that it is set up."""
    return ENGINES[os.environ.get("MERIDIAN_TEST_ENGINE", TERRAFORM.name)]


@pytest.fixture(scope="module")
def checkout(home: Path, engine: Engine) -> Iterator[Checkout]:
    """Return a clone whose inventory names the engine, with an empty local AWS and a state bucket."""
    made = clone(home / f"clone for {engine.name}", home)
    inventory = made.root / INVENTORY
    text = inventory.read_text(encoding="utf-8")
    inventory.write_text(text.replace("\ndefaults:", f"\nengine: {engine.name}\n\ndefaults:", 1), encoding="utf-8")
    try:
        made.meridian("generate").expect(0)
        with made.state_home():
            server.start_server(made.root, made.environment("dev"))
        made.meridian("bootstrap", *LOCAL).expect(0)
        yield made
    finally:
        made.end()


def test_the_main_path(checkout: Checkout, engine: Engine) -> None:
    units = checkout.units("dev")
    checkout.meridian("plan", *LOCAL).expect(0)
    assert checkout.report("plan")["verdict"] == "ok"
    checkout.meridian("apply", *LOCAL).expect(0)

    states = deployed.states(checkout.target("dev"))
    assert sorted(states) == units
    used = {resource["provider"] for state in states.values() for resource in state["resources"]}
    assert used == {f'provider["{engine.provider}"]'}

    checkout.meridian("verify", *LOCAL).expect(0)
    assert verdicts(checkout.report("verify")) == {region: {"PASS"} for region in REGIONS}

    assert "No changes." in checkout.meridian("plan", *LOCAL).expect(0).stderr
    checkout.second_plan("dev").expect(0)

    checkout.meridian("destroy", *LOCAL, "--confirm", "dev").expect(0)
    assert [unit for unit, state in deployed.states(checkout.target("dev")).items() if state["resources"]] == []
