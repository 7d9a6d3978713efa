"""Each role of a pipeline on a local AWS with enforcement: it does its work, and it can do no more."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from meridian.deploy.rights import needed_rights
from meridian.local import server
from meridian.targets import CREDENTIALS_VARIABLE, Target
from meridian.verify.command import ROLE_VARIABLE
from tests.e2e import access, deployed
from tests.e2e.checkout import Checkout, Done, clone
from tests.e2e.test_watch import REGIONS, state
from tests.gate.repository import commit, empty, write
from tests.local.conftest import local_session, with_role
from tests.local.test_edge_patches import put_value

LOCAL = ("dev", "--target", "local")
MADE = "47 to create"
"""What bootstrap prints of the roles, their policies and the boundary."""
OPTIONAL = """    units: {edge: true, routing: true, watch: true, zone: true}
    domain: {name: api.example.com, health_check: {interval_seconds: 10, failures: 1}}
    watch: {budget_usd: 20}
"""
SETTINGS = {
    "{memory_mb: 256, timeout_seconds: 5}": "{memory_mb: 512, timeout_seconds: 9, reserved_concurrency: 20}",
    "{rate: 100, burst: 50}": "{rate: 50, burst: 20}, accept_direct: true",
    "cors_origins: []": 'cors_origins: ["https://example.com"]',
    "{retention_days: 30}": "{retention_days: 60}\n  tokens: {access_minutes: 30}\n  totp: true",
}
"""Texts of the inventory, and others in their place: a change of every module that runs on a setting."""
CALL = """\
module "parking" {
  source = "./vendor/parking"

  name        = "${var.name}-parcels-parking"
  kms_key_arn = var.kms_key_arn
}
"""
THEIRS = """\
variable "name" {
  type = string
}

variable "kms_key_arn" {
  type = string
}

resource "aws_sqs_queue" "this" {
  name              = var.name
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id
  policy    = data.aws_iam_policy_document.this.json
}

data "aws_iam_policy_document" "this" {
  statement {
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.this.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
"""


@dataclass(frozen=True)
class Cycle:
    """What ran, in order, and a session of each role while `dev` was deployed."""

    checkout: Checkout
    bootstrap: Done
    again: Done
    plan: Done
    apply: Done
    verify: Done
    inventory: str
    sessions: Mapping[str, access.Session]


def as_pipeline(checkout: Checkout, role: str, *words: str) -> Done:
    """Run a command as a job of the workflows does, with a session of a role."""
    verify = access.arn(checkout.target("dev"), "verify")
    return checkout.meridian(*words, *LOCAL, **session(checkout, role), **{ROLE_VARIABLE: verify})


def session(checkout: Checkout, role: str) -> dict[str, str]:
    """Return the variable that gives a command a session of a role."""
    return {CREDENTIALS_VARIABLE: ":".join(access.assume(checkout.target("dev"), role, access.SUBJECTS[role]).values())}


@pytest.fixture(scope="module")
def checkout(home: Path) -> Iterator[Checkout]:
    """Return a clone whose `dev` has roles, every module, and one, a copy and a function of its user; no unit yet."""
    made = clone(home / "clone with roles", home)
    inventory = made.root / "live/inventory.yaml"
    text, versions = inventory.read_text(), "    versions: working-tree"
    added = OPTIONAL if "    access:" in text else f"    access: {{}}\n{OPTIONAL}"
    inventory.write_text(text.replace(versions, f"{added}{versions}", 1))
    made.meridian("generate").expect(0)
    made.meridian("new-module", "parcels").expect(0)
    add_copy(made, home / "theirs")
    made.meridian("new-function", "compute", "parcels").expect(0)
    with made.state_home():
        server.start_server(made.root, made.environment("dev"))
    yield made
    made.end()


def add_copy(checkout: Checkout, theirs: Path) -> None:
    """Let the user's module call a copy of a module that lies in another repository."""
    write(empty(theirs), "main.tf", THEIRS)
    pinned = commit(theirs)
    checkout.meridian("vendor", "parcels", "parking", theirs.as_uri(), "--commit", pinned).expect(0)
    write(checkout.root, "modules/parcels/parking.tf", CALL)
    checkout.meridian("accept", "parcels").expect(0)
    checkout.meridian("generate", "--check").expect(0)


@pytest.fixture(scope="module")
def cycle(checkout: Checkout) -> Cycle:
    """Bootstrap, then plan, apply and plan again, each under its role."""
    bootstrap = checkout.meridian("bootstrap", *LOCAL, "--yes").expect(0)
    again = checkout.meridian("bootstrap", *LOCAL, "--dry-run").expect(0)
    digest = str(checkout.root / "digest.json")
    plan = as_pipeline(checkout, "plan", "plan", "--digest", digest).expect(0)
    apply = as_pipeline(checkout, "apply", "apply", "--approved", digest).expect(0)
    target = checkout.target("dev")
    store_secret(target)
    verify = as_pipeline(checkout, "apply", "verify").expect(0)
    ids = access.make_others(target)
    found = {role: access.assume(target, role, subject) for role, subject in access.SUBJECTS.items()}
    found["verify"] = access.assume_verify(target)
    sessions = {role: access.Session(target, variables, ids) for role, variables in found.items()}
    inventory = (checkout.root / "live/inventory.yaml").read_text()
    return Cycle(checkout, bootstrap, again, plan, apply, verify, inventory, sessions)


def store_secret(target: Target) -> None:
    """Do what docs/edge.md tells a person to do: no role of a pipeline can."""
    name, value = f"{target.environment.prefix}-edge", str(uuid4())
    for region in target.environment.region_names:
        target.client("secretsmanager", region).put_secret_value(SecretId=name, SecretString=value)
    outputs = deployed.states(target)["us-east-1/edge"]["outputs"]
    assert put_value(target, outputs["key_value_store_arn"]["value"], value) == 200


def test_bootstrap_makes_the_roles_once_and_prints_them(cycle: Cycle) -> None:
    assert MADE in cycle.bootstrap.stdout
    for role in access.ROLES:
        assert access.arn(cycle.checkout.target("dev"), role) in cycle.bootstrap.stdout
    assert "No changes in 1 unit" in cycle.again.stdout


def test_the_roles_plan_and_apply_everything_and_the_next_plan_is_empty(cycle: Cycle) -> None:
    """Nothing is missing: a right too few would have failed one of them."""
    assert "13 units" in cycle.plan.stdout
    states = deployed.states(cycle.checkout.target("dev"))
    assert len([unit for unit, state in states.items() if state.get("resources")]) == 14
    assert "Verified: every check passed." in cycle.verify.stdout
    again = as_pipeline(cycle.checkout, "plan", "plan").expect(0)
    assert "No changes" in again.stdout + again.stderr


def test_the_calls_of_the_health_checks_keep_the_heartbeat_quiet(cycle: Cycle) -> None:
    """With `routing` each region has the alarm, and its API counts calls that no test makes."""
    target = cycle.checkout.target("dev")
    before = [count_requests(target, region) for region in REGIONS]
    time.sleep(15)
    assert all(now > then for then, now in zip(before, map(partial(count_requests, target), REGIONS), strict=True))
    assert [state(target, region, "no-requests") for region in REGIONS] == ["OK", "OK"]


def count_requests(target: Target, region: str) -> float:
    """Return what the metric that `no-requests` looks at has counted in the last hour."""
    api = deployed.states(target)[f"{region}/compute"]["outputs"]["api_id"]["value"]
    end = datetime.now(UTC)
    points = target.client("cloudwatch", region).get_metric_statistics(
        Namespace="AWS/ApiGateway",
        MetricName="Count",
        Dimensions=[{"Name": "ApiId", "Value": api}],
        StartTime=end - timedelta(hours=1),
        EndTime=end + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def test_a_copy_of_a_module_from_elsewhere_is_deployed_like_ours(cycle: Cycle) -> None:
    """In every region, through the gate, with the tags of its unit."""
    for region in ("us-east-1", "eu-west-1"):
        queues = cycle.checkout.target("dev").client("sqs", region)
        url = queues.get_queue_url(QueueName="greeter-dev-parcels-parking")["QueueUrl"]
        assert queues.list_queue_tags(QueueUrl=url)["Tags"]["Unit"] == "parcels"


def test_calls_reach_the_regions_through_the_edge_only(cycle: Cycle) -> None:
    cycle.checkout.meridian("verify", *LOCAL).expect(0)
    found = [(one["rule"], one["region"], one["status"]) for one in cycle.checkout.report("verify")["findings"]]
    assert ("edge", "us-east-1", "PASS") in found
    assert {one for one in found if one[0] == "refuse-past-edge"} == {
        ("refuse-past-edge", region, "PASS") for region in ("eu-west-1", "us-east-1")
    }


def test_without_a_way_past_it_the_edge_is_not_taken_away(cycle: Cycle) -> None:
    refused = cycle.checkout.meridian("drill", *LOCAL, "--fault", "edge", "--yes").expect(3)
    assert "its regions refuse calls that pass by the edge" in refused.stderr


def test_the_edge_leaves_a_region_that_is_lost(cycle: Cycle) -> None:
    drill = ("drill", *LOCAL, "--region", "eu-west-1", "--through-edge", "--yes")
    cycle.checkout.meridian(*drill).expect(0)
    report = cycle.checkout.report("drill")
    assert 0 < report["calls"]["lost"] == report["calls"]["succeeded_when_repeated"]
    assert 0 < report["seconds"]["until_switched"] <= report["seconds"]["until_every_call_succeeds"] < 60


def test_the_plan_role_sees_drift_and_what_is_wrong(cycle: Cycle) -> None:
    """A change by hand is found with the rights of the daily job; those of the deployment change what a setting can."""
    function = {"FunctionName": access.FUNCTION, "MemorySize": 1024}
    cycle.checkout.target("dev").client("lambda").update_function_configuration(**function)
    as_pipeline(cycle.checkout, "plan", "drift").expect(1)
    inventory = cycle.checkout.root / "live/inventory.yaml"
    text = inventory.read_text()
    for old, new in SETTINGS.items():
        assert old in text
        text = text.replace(old, new, 1)
    inventory.write_text(text)
    cycle.checkout.meridian("generate").expect(0)
    as_pipeline(cycle.checkout, "plan", "plan").expect(0)
    as_pipeline(cycle.checkout, "apply", "apply").expect(0)
    as_pipeline(cycle.checkout, "plan", "drift").expect(0)
    as_pipeline(cycle.checkout, "plan", "audit").expect(0)


def test_calls_pass_by_an_edge_that_is_lost(cycle: Cycle) -> None:
    """The settings above have opened the regions, and each call that the edge refuses is made there at once."""
    cycle.checkout.meridian("drill", *LOCAL, "--fault", "edge", "--yes").expect(0)
    report = cycle.checkout.report("drill")
    assert (report["taken_away"], report["missed"], report["calls"]["lost"]) == ("edge", [], 0)
    assert 0 < report["seconds"]["until_switched"] < 10
    assert 0 <= report["seconds"]["until_back"] < 10
    (picture,) = (cycle.checkout.root / "out/drills").glob("*-dev-local-edge.svg")
    assert "shared name" in picture.read_text()


def test_the_apply_role_shifts_calls_and_counts_them(cycle: Cycle) -> None:
    """What `apply --canary` needs besides a plan and an apply; a role that plans can do neither."""
    share = {"FunctionName": access.FUNCTION, "Name": "live", "RoutingConfig": {"AdditionalVersionWeights": {}}}
    count = {"MetricDataQueries": [], "StartTime": 0, "EndTime": 60}
    calls: tuple[Callable[[access.Session], object], ...] = (
        lambda session: session.client("lambda").update_alias(**share),
        lambda session: session.client("cloudwatch").get_metric_data(**count),
    )
    found = {role: [access.is_refused(call, cycle.sessions[role]) for call in calls] for role in ("apply", "plan")}
    assert found == {"apply": [False, False], "plan": [True, True]}


def test_the_functions_role_carries_the_boundary(cycle: Cycle) -> None:
    role = cycle.checkout.target("dev").client("iam").get_role(RoleName=access.ROLE)["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/greeter-dev.boundary")


def test_no_other_command_stumbles_over_the_roles_unit(cycle: Cycle) -> None:
    cycle.checkout.meridian("parity").expect(0)


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, calls in access.REFUSED.items() for name in calls])
def test_a_role_cannot(cycle: Cycle, role: str, name: str) -> None:
    """Each of these is a call that something else than the role can make: see the names."""
    assert access.is_refused(access.REFUSED[role][name], cycle.sessions[role])


@pytest.mark.parametrize("name", access.TOKENS)
def test_a_token_is_refused_by_every_role(cycle: Cycle, name: str) -> None:
    subject, audience = access.TOKENS[name]
    for role in access.ROLES:
        with pytest.raises(ClientError, match="AccessDenied"):
            access.assume(cycle.checkout.target("dev"), role, subject, audience)


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("plan", access.DEPLOYMENT),
        ("apply", access.PULL_REQUEST),
        ("apply", access.MAIN),
        ("verify", access.PULL_REQUEST),
        ("verify", access.DEPLOYMENT),
    ],
)
def test_a_role_is_not_for_the_tokens_of_another_role(cycle: Cycle, role: str, subject: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        access.assume(cycle.checkout.target("dev"), role, subject)


def test_main_gets_the_plan_role(cycle: Cycle) -> None:
    assert access.assume(cycle.checkout.target("dev"), "plan", access.MAIN)


@pytest.mark.parametrize("modules", [("edge", "parcels", "watch"), ("routing", "zone")], ids=" ".join)
def test_modules_are_taken_out_again(cycle: Cycle, modules: tuple[str, ...]) -> None:
    """As `remove-unit` says, with one apply and one destroy; the rest works on, and only empty states are left."""
    remove = ("remove-unit", *LOCAL)
    filters = [f"--filter './*/{module}'" for module in modules]
    for module, units in zip(modules, filters, strict=True):
        assert units in cycle.checkout.meridian(*remove, module).expect(0).stdout
    as_pipeline(cycle.checkout, "plan", "plan").expect(0)
    as_pipeline(cycle.checkout, "apply", "apply").expect(0)
    run = f"terragrunt run --all --non-interactive --no-color --working-dir live/dev {' '.join(filters)}"
    destroy = f"{run} -- destroy -auto-approve"
    cycle.checkout.shell("dev", destroy, **session(cycle.checkout, "apply")).expect(0)
    for module in modules:
        cycle.checkout.meridian(*remove, module).expect(0)
    again = as_pipeline(cycle.checkout, "plan", "plan").expect(0)
    assert "No changes" in again.stdout + again.stderr
    as_pipeline(cycle.checkout, "apply", "verify").expect(0)
    as_pipeline(cycle.checkout, "plan", "audit").expect(1)
    assert {one["kind"] for one in cycle.checkout.report("audit")["findings"]} == {"state"}


def test_the_apply_role_destroys_what_it_made_and_leaves_the_roles(cycle: Cycle) -> None:
    """Nothing is deployed afterwards."""
    as_pipeline(cycle.checkout, "apply", "destroy", "--confirm", "dev").expect(0)
    states = deployed.states(cycle.checkout.target("dev"))
    assert [unit for unit, state in states.items() if state.get("resources")] == ["us-east-1/access"]


def test_the_rights_that_bootstrap_prints_are_enough_for_the_roles(cycle: Cycle) -> None:
    """Terraform makes the roles anew with exactly these actions, also those for modules that were taken out."""
    (cycle.checkout.root / "live/inventory.yaml").write_text(cycle.inventory)
    cycle.checkout.meridian("generate").expect(0)
    target = cycle.checkout.target("dev")
    statement = {"Effect": "Allow", "Action": needed_rights(roles=True), "Resource": "*"}
    variables = local_session(with_role(target, "bootstrapper", statement))
    destroy = "MERIDIAN_BOOTSTRAP=1 terragrunt run --no-color --working-dir live/dev/us-east-1/access -- destroy"
    cycle.checkout.shell("dev", f"{destroy} -auto-approve", **variables).expect(0)
    made = cycle.checkout.meridian("bootstrap", *LOCAL, "--yes", **variables).expect(0)
    assert MADE in made.stdout
