"""A first apply that is ended by SIGTERM, and one in which one call in ten fails."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian.local import server
from tests.e2e import deployed
from tests.e2e.checkout import Checkout, clone
from tests.e2e.faulty import GIVEN_UP, REPEATED, faulty_aws

LOCAL = ("dev", "--target", "local")
PATIENCE_SECONDS = 300


@pytest.fixture(scope="module")
def checkout(home: Path) -> Iterator[Checkout]:
    """Return a clone of its own."""
    made = clone(home / "third clone", home)
    yield made
    made.end()


@pytest.fixture
def empty(checkout: Checkout) -> Iterator[Checkout]:
    """Start an empty local AWS with a state bucket."""
    with checkout.state_home():
        server.start_server(checkout.root, checkout.environment("dev"))
    checkout.meridian("bootstrap", *LOCAL).expect(0)
    yield checkout
    checkout.end()


def held_locks(checkout: Checkout) -> list[str]:
    """Return the lock objects in the state bucket."""
    return [key for key in deployed.everything(checkout.target("dev")) if key.endswith(".tflock")]


def wait_for(path: Path, text: str) -> None:
    """Wait until a file holds a text."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (path.is_file() and text in path.read_text(errors="replace")):
        assert time.monotonic() < until, f"{path} does not hold {text!r}."
        time.sleep(0.2)


def test_a_first_apply_that_gets_sigterm_saves_what_it_made_and_the_next_goes_on(empty: Checkout) -> None:
    log = empty.root / "out/local/dev/logs/apply.log"
    empty.meridian("plan", *LOCAL).expect(0)
    command = empty.command("apply", *LOCAL)
    with subprocess.Popen(
        command, cwd=empty.root, env=empty.environ(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(log, "Creating...")
        second = empty.meridian("plan", *LOCAL).expect(3)
        assert f"dev --target local: `meridian apply` (process {process.pid}) works on it since 20" in second.stderr
        assert process.poll() is None
        os.kill(process.pid, signal.SIGTERM)
        said = process.communicate()[1]
    assert process.returncode == 143, said
    assert said.endswith("interrupted; to continue: `meridian apply dev --target local`\n")
    assert held_locks(empty) == []

    empty.meridian("apply", *LOCAL).expect(0)
    assert held_locks(empty) == []
    assert "No changes." in empty.meridian("plan", *LOCAL).expect(0).stderr


def test_a_first_apply_ends_well_although_one_call_in_ten_fails(empty: Checkout) -> None:
    endpoint = empty.target("dev").endpoint
    assert endpoint is not None
    with faulty_aws(endpoint) as (faulty, faults):
        apply = f"export AWS_ENDPOINT_URL={faulty}; terragrunt run --all --no-color --working-dir live/dev -- apply"
        empty.shell("dev", apply).expect(0)
    assert faults.injected.keys() == {code for _, code in REPEATED} | {GIVEN_UP[1]}, faults
    assert sum(faults.injected.values()) > faults.calls // 20
    empty.second_plan("dev").expect(0)
    assert held_locks(empty) == []
