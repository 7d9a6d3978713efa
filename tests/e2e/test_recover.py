"""A first apply is killed again and again; `recover` and `apply` reach what an undisturbed run reaches."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian.local import server
from meridian.recover.listing import find_resources
from meridian.recover.resources import find_orphans
from meridian.state.bootstrap import correct_state_bucket
from meridian.state.contents import StateObject, read_states
from tests.e2e.checkout import Checkout, clone
from tests.e2e.killing import Moment, kill_at, killed_log

ON = ("dev", "--target", "local")
IDENTITY, DATA, COMPUTE = "us-east-1/identity", "us-east-1/data", "us-east-1/compute"
KILLS = {
    "identity and data": [
        Moment(f"lock {DATA}"),
        Moment("CreateUserPool", unit=IDENTITY),
        Moment("CreateKey"),
        Moment("CreateTable", answered=False),
        Moment(f"upload {DATA}", answered=False),
    ],
    "compute": [
        Moment("CreateRole", answered=False),
        Moment("PutRolePolicy", answered=False),
        Moment("CreateFunction"),
        Moment("CreateRoute"),
        Moment(f"upload {COMPUTE}", answered=False),
    ],
}
"""The kills of one first apply in its two phases: each call can only be made after the one before."""
NAMES = [
    Moment("RequestCertificate"),
    Moment("POST /2013-04-01/healthcheck", answered=False),
    Moment("POST /2013-04-01/healthcheck"),
]
"""The kills of an apply that gives a region its names: the last two leave a health check without tags."""
DEFAULT = {"CreateTable", "CreateRole"}
"""A name that is taken with a key that has none; a role without its policy and an API beside it."""


@pytest.fixture(scope="module")
def bare(home: Path) -> Iterator[Checkout]:
    """A clone with one region and an empty local AWS that has its state bucket."""
    checkout = clone(home / "killed clone", home)
    try:
        inventory = checkout.root / "live/inventory.yaml"
        before, dev, after = inventory.read_text().partition("  dev:\n")
        region = next(line for line in after.splitlines(keepends=True) if line.strip().startswith("eu-west-1:"))
        retired = "    retired: {eu-west-1: '2026-01-31'}\n"
        inventory.write_text(before + dev + retired + after.replace(region, "", 1))
        checkout.meridian("generate").expect(0)
        with checkout.state_home():
            server.start_server(checkout.root, checkout.environment("dev"))
        correct_state_bucket(checkout.target("dev"), dry_run=False)
        yield checkout
    finally:
        checkout.end()


@pytest.mark.parametrize("phase", KILLS)
def test_a_first_apply_survives_every_kill(bare: Checkout, phase: str) -> None:
    for moment in _chosen(KILLS[phase]):
        assert kill_at(bare, moment, "apply", *ON), f"The apply ended before {moment}:\n{killed_log(bare)}"
        done = bare.meridian("recover", *ON, "--yes").expect(0)
        print(f"--- {moment}\n{done.stderr}{done.stdout}")


def test_what_was_killed_is_what_an_undisturbed_run_makes(bare: Checkout) -> None:
    bare.meridian("apply", *ON).expect(0)
    _require_whole(bare)
    types = sorted({(state.unit, one["type"], one["name"]) for state in _states(bare) for one in state.resources})
    assert len(types) == 21, types


@pytest.mark.skipif(os.environ.get("MERIDIAN_TEST_KILLS") != "all", reason="takes minutes: `make test-kills`")
def test_certificate_and_health_checks_of_a_killed_apply_are_imported(bare: Checkout) -> None:
    """Neither has a name that is taken: an apply would make another one, and the first would stay for ever."""
    inventory = bare.root / "live/inventory.yaml"
    names = "    units: {routing: true, zone: true}\n    domain: {name: api.example.com}\n"
    inventory.write_text(inventory.read_text().replace("    retired:", f"{names}    retired:", 1))
    bare.meridian("generate").expect(0)
    for moment in NAMES:
        assert kill_at(bare, moment, "apply", *ON), f"The apply ended before {moment}:\n{killed_log(bare)}"
        done = bare.meridian("recover", *ON, "--yes").expect(0)
        print(f"--- {moment}\n{done.stderr}{done.stdout}")
    bare.meridian("apply", *ON).expect(0)
    _require_whole(bare)
    target = bare.target("dev")
    assert len(target.client("acm").list_certificates()["CertificateSummaryList"]) == 1
    assert len(target.client("route53").list_health_checks()["HealthChecks"]) == 3


def _chosen(moments: list[Moment]) -> list[Moment]:
    every = os.environ.get("MERIDIAN_TEST_KILLS") == "all"
    return [one for one in moments if every or one.operation in DEFAULT]


def _states(checkout: Checkout) -> list[StateObject]:
    return read_states(checkout.target("dev"))


def _require_whole(checkout: Checkout) -> None:
    """No lock, no resource without a state, nothing to plan."""
    target = checkout.target("dev")
    assert find_orphans(find_resources(target), _states(checkout)) == []
    checkout.second_plan("dev").expect(0)
    checkout.meridian("audit", *ON).expect(0)
    assert json.loads((checkout.root / "out/audit.json").read_text())["findings"] == []
