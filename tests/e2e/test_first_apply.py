"""A first apply that is ended by SIGTERM, and one in which one call in ten fails."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian.local import server
from meridian.recover.listing import find_resources
from meridian.recover.resources import find_orphans
from meridian.state.contents import read_states
from tests.e2e import deployed
from tests.e2e.checkout import Checkout, clone
from tests.e2e.faulty import GIVEN_UP, REPEATED, faulty_aws
from tests.e2e.killing import Moment, interrupt_at, killed_log
from tests.local.conftest import local_session, with_role

LOCAL = ("dev", "--target", "local")
PATIENCE_SECONDS = 300
DATA = "us-east-1/data"
LONG = pytest.mark.skipif(os.environ.get("MERIDIAN_TEST_KILLS") != "all", reason="takes minutes: `make test-kills`")
SLOW_SECONDS = 25
"""Terragrunt passes an interrupt on after 15 seconds."""


@pytest.fixture(scope="module")
def checkout(home: Path) -> Iterator[Checkout]:
    """Return a clone of its own."""
    made = clone(home / "third clone", home)
    yield made
    made.end()


@pytest.fixture
def empty(checkout: Checkout) -> Iterator[Checkout]:
    """Start an empty local AWS with a state bucket; no plan is saved."""
    shutil.rmtree(checkout.root / "out", ignore_errors=True)
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


@LONG
def test_terraform_gets_the_time_that_a_slow_call_needs(empty: Checkout) -> None:
    """It gets no second interrupt; what a call made that it gave up is imported, and what it stored is there."""
    one = ("apply", *LOCAL, "--unit", DATA)
    assert interrupt_at(empty, Moment("CreateTable"), SLOW_SECONDS, *one) == 143, killed_log(empty)
    assert held_locks(empty) == []
    empty.meridian("recover", *LOCAL, "--yes").expect(0)
    assert interrupt_at(empty, Moment(f"upload {DATA}"), SLOW_SECONDS, *one) == 143, killed_log(empty)
    assert held_locks(empty) == []
    log = (empty.root / "out/local/dev/logs/apply.log").read_text()
    assert "Interrupt received" in log
    assert "Two interrupts received" not in log
    empty.meridian(*one).expect(0)
    target = empty.target("dev")
    assert find_orphans(find_resources(target), read_states(target)) == []


@LONG
def test_a_state_that_the_bucket_refuses_is_saved_there_and_pushed_from_another_machine(empty: Checkout) -> None:
    """As if the rights had ended in the middle: a job's machine, and what Terraform left on it, would be gone."""
    target = empty.target("dev")
    state = f"arn:aws:s3:::{target.environment.state_bucket}/live/dev/{DATA}/terraform.tfstate"
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    refused = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": state}
    session = local_session(with_role(target, "ending", anything, refused))
    one = ("apply", *LOCAL, "--unit", DATA)
    failed = empty.meridian(*one, **session).expect(4)
    assert f"{DATA}: its state was not uploaded; it waits as errored.tfstate beside the old one" in failed.stderr
    shutil.rmtree(empty.root / "out")

    assert "`meridian recover dev --target local`" in empty.meridian(*one).expect(3).stderr
    assert "Run `meridian plan dev --target local`" in empty.meridian("recover", *LOCAL, "--yes").expect(3).stderr
    empty.meridian("plan", *LOCAL).expect(0)
    empty.meridian("recover", *LOCAL, "--yes").expect(0)
    assert find_orphans(find_resources(target), read_states(target)) == []
    empty.meridian(*one).expect(0)
    assert "No changes." in empty.meridian("plan", *LOCAL, "--unit", DATA).expect(0).stderr


@LONG
def test_a_first_apply_ends_well_although_one_call_in_ten_fails(empty: Checkout) -> None:
    endpoint = empty.target("dev").endpoint
    assert endpoint is not None
    with faulty_aws(endpoint) as (faulty, faults):
        apply = f"export AWS_ENDPOINT_URL={faulty}; terragrunt run --all --no-color --working-dir live/dev -- apply"
        done = empty.shell("dev", apply)
    assert not faults.lost, faults.lost
    done.expect(0)
    assert faults.injected.keys() == {code for _, code in REPEATED} | {GIVEN_UP[1]}, faults
    assert sum(faults.injected.values()) > faults.calls // 20
    empty.second_plan("dev").expect(0)
    assert held_locks(empty) == []
