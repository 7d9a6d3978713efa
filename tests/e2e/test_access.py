"""Each role of a pipeline on a local AWS with enforcement: it does its work, and it can do no more."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from meridian.deploy.rights import needed_rights
from meridian.local import server
from tests.e2e import access, deployed
from tests.e2e.checkout import Checkout, Done, clone
from tests.local.conftest import as_role

LOCAL = ("dev", "--target", "local")
TERRAGRUNT = "terragrunt run --all --no-color --working-dir live/dev"


@dataclass(frozen=True)
class Cycle:
    """What ran, in order, and a session of each role while `dev` was deployed."""

    checkout: Checkout
    bootstrap: Done
    again: Done
    plan: Done
    apply: Done
    second_plan: Done
    sessions: Mapping[str, access.Session]


def export(variables: Mapping[str, str]) -> str:
    """Return shell commands that choose credentials."""
    return "export " + " ".join(f"{name}={value}" for name, value in variables.items()) + "; "


def as_pipeline(checkout: Checkout, role: str, command: str) -> Done:
    """Run plain Terragrunt with a session of a role."""
    variables = access.assume(checkout.target("dev"), role, access.SUBJECTS[role])
    return checkout.shell("dev", f"{export(variables)}{TERRAGRUNT} {command}")


@pytest.fixture(scope="module")
def checkout(home: Path) -> Iterator[Checkout]:
    """Return a clone whose `dev` has roles for pipelines, with a local AWS that is empty."""
    made = clone(home / "clone with roles", home)
    inventory = made.root / "live/inventory.yaml"
    if "    access:" not in inventory.read_text():
        versions = "    versions: working-tree"
        text = inventory.read_text().replace(versions, f"    access: {{}}\n{versions}", 1)
        inventory.write_text(text)
    made.meridian("generate").expect(0)
    with made.state_home():
        server.start_server(made.root, made.environment("dev"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def cycle(checkout: Checkout) -> Cycle:
    """Bootstrap, then plan, apply and plan again, each under its role."""
    bootstrap = checkout.meridian("bootstrap", *LOCAL, "--yes").expect(0)
    again = checkout.meridian("bootstrap", *LOCAL, "--dry-run").expect(0)
    plan = as_pipeline(checkout, "plan", "-- plan").expect(0)
    apply = as_pipeline(checkout, "apply", "-- apply").expect(0)
    second = as_pipeline(checkout, "plan", "-- plan -detailed-exitcode")
    target = checkout.target("dev")
    ids = access.make_others(target)
    sessions = {
        role: access.Session(target, access.assume(target, role, subject), ids)
        for role, subject in access.SUBJECTS.items()
    }
    return Cycle(checkout, bootstrap, again, plan, apply, second, sessions)


def test_bootstrap_makes_the_roles_once_and_prints_them(cycle: Cycle) -> None:
    assert "30 to create" in cycle.bootstrap.stdout
    for role in access.SUBJECTS:
        assert f"arn:aws:iam::100000000001:role/greeter-dev.{role}" in cycle.bootstrap.stdout
    assert "No changes in 1 unit" in cycle.again.stdout


def test_the_roles_plan_and_apply_everything_and_the_next_plan_is_empty(cycle: Cycle) -> None:
    """Nothing is missing: a right too few would have failed one of them."""
    assert len(re.findall(r"Plan: \d+ to add", cycle.plan.stdout)) == 5
    states = deployed.states(cycle.checkout.target("dev"))
    assert len([unit for unit, state in states.items() if state.get("resources")]) == 6
    cycle.second_plan.expect(0)


def test_the_functions_role_carries_the_boundary(cycle: Cycle) -> None:
    role = cycle.checkout.target("dev").client("iam").get_role(RoleName=access.ROLE)["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/greeter-dev.boundary")


def test_what_is_deployed_under_the_roles_works(cycle: Cycle) -> None:
    """The boundary leaves the function all that it does; no other command stumbles over the roles' unit."""
    cycle.checkout.meridian("verify", *LOCAL).expect(0)
    cycle.checkout.meridian("audit", *LOCAL).expect(0)
    cycle.checkout.meridian("parity").expect(0)


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, calls in access.REFUSED.items() for name in calls])
def test_a_role_cannot(cycle: Cycle, role: str, name: str) -> None:
    """Each of these is a call that something else than the role can make: see the names."""
    assert access.is_refused(access.REFUSED[role][name], cycle.sessions[role])


@pytest.mark.parametrize("name", access.TOKENS)
def test_a_token_is_refused_by_every_role(cycle: Cycle, name: str) -> None:
    subject, audience = access.TOKENS[name]
    for role in access.SUBJECTS:
        with pytest.raises(ClientError, match="AccessDenied"):
            access.assume(cycle.checkout.target("dev"), role, subject, audience)


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("plan", access.DEPLOYMENT),
        ("apply", access.PULL_REQUEST),
        ("apply", access.MAIN),
        ("verify", access.PULL_REQUEST),
    ],
)
def test_a_role_is_not_for_the_tokens_of_another_role(cycle: Cycle, role: str, subject: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        access.assume(cycle.checkout.target("dev"), role, subject)


def test_main_gets_the_plan_role(cycle: Cycle) -> None:
    assert access.assume(cycle.checkout.target("dev"), "plan", access.MAIN)


def test_the_apply_role_destroys_what_it_made_and_leaves_the_roles(cycle: Cycle) -> None:
    """Nothing is deployed afterwards."""
    as_pipeline(cycle.checkout, "apply", "-- destroy").expect(0)
    states = deployed.states(cycle.checkout.target("dev"))
    assert [unit for unit, state in states.items() if state.get("resources")] == ["us-east-1/access"]


def test_the_rights_that_bootstrap_prints_are_enough_for_the_roles(cycle: Cycle) -> None:
    """Terraform makes the roles anew with exactly these actions."""
    target = cycle.checkout.target("dev")
    statement = {"Effect": "Allow", "Action": needed_rights(roles=True), "Resource": "*"}
    found = as_role(target, "bootstrapper", statement)("sts")._request_signer._credentials.get_frozen_credentials()
    keys = {"AWS_ACCESS_KEY_ID": found.access_key, "AWS_SECRET_ACCESS_KEY": found.secret_key}
    variables = export(keys | {"AWS_SESSION_TOKEN": str(found.token), "MERIDIAN_BOOTSTRAP": "1"})
    for words in ("destroy", "apply"):
        command = f"{variables}{TERRAGRUNT} --filter ./us-east-1/access -- {words}"
        cycle.checkout.shell("dev", command).expect(0)
