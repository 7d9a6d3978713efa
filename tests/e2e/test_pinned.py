"""`staging` runs released versions: from its pinned commits, on a second local AWS beside that of `dev`."""

import re

import pytest

from tests.e2e.checkout import Checkout, Done, verdicts

SOURCE = re.compile(r'^  source = "(?P<source>[^"]*)"', re.MULTILINE)
CONFIRMED = ("--confirm", "staging")
"""What a person types when a protected environment is applied."""
PINNED = re.compile(r"git::https://[^?]+//modules/[a-z]+\?ref=[0-9a-f]{40}")


@pytest.fixture(scope="module")
def staging(first: Checkout) -> Done:
    """Bring `staging` up in the clone that runs `dev`."""
    return first.meridian("up", "staging")


def test_every_source_is_a_commit(first: Checkout) -> None:
    units = sorted((first.root / "live/staging").rglob("terragrunt.hcl"))
    sources = {str(unit.relative_to(first.root)): SOURCE.findall(unit.read_text()) for unit in units}
    assert len(sources) == 5
    assert {unit: found for unit, found in sources.items() if not all(map(PINNED.fullmatch, found))} == {}
    assert all(len(found) == 1 for found in sources.values())


def test_both_regions_pass_from_pinned_commits(staging: Done, first: Checkout) -> None:
    staging.expect(0)
    report = first.report("verify")
    assert report["environment"] == "staging"
    assert verdicts(report) == {"us-east-1": {"PASS"}, "eu-west-1": {"PASS"}}


def test_its_second_plan_is_empty(staging: Done, first: Checkout) -> None:
    staging.expect(0)
    assert first.second_plan("staging").expect(0).stdout.count("No changes.") == 5


def test_dev_runs_beside_it(staging: Done, first: Checkout) -> None:
    staging.expect(0)
    assert first.target("dev").endpoint != first.target("staging").endpoint
    assert first.folder("dev") != first.folder("staging")
    accounts = {name: first.target(name).client("sts").get_caller_identity()["Account"] for name in ("dev", "staging")}
    assert accounts == {"dev": "100000000001", "staging": "100000000002"}


def test_a_region_of_a_protected_environment_is_removed_with_the_commands_that_are_printed(
    staging: Done, first: Checkout
) -> None:
    """Protected only now: the apply of step 1 lifts the protection of that region, and of no other.

    What is left are two empty states. The key waits for its deletion, as it should.
    """
    staging.expect(0)
    inventory = first.root / "live/inventory.yaml"
    text = inventory.read_text()
    inventory.write_text(text.replace('"100000000002"\n', '"100000000002"\n    protected: true\n', 1))
    first.meridian("generate").expect(0)
    first.meridian("apply", "staging", "--target", "local", *CONFIRMED).expect(0)
    assert _protection(first) == {"us-east-1": True, "eu-west-1": True}

    marked = first.meridian("remove-region", "staging", "eu-west-1", "--target", "local").expect(0)
    *_, plan, apply, variables, destroy, again = _commands(marked)
    first.meridian(*plan.split()[1:]).expect(0)
    first.meridian(*apply.split()[1:], *CONFIRMED).expect(0)
    assert _protection(first) == {"us-east-1": True, "eu-west-1": False}
    first.meridian(*again.split()[1:]).expect(1)
    assert variables == 'eval "$(meridian env staging --target local)"'
    first.shell("staging", f"{destroy} -auto-approve").expect(0)

    first.meridian(*again.split()[1:]).expect(0)
    assert first.environment("staging").region_names == ("us-east-1",)
    assert set(first.environment("staging").retired) == {"eu-west-1"}
    left = first.meridian("plan", "staging", "--target", "local").expect(0)
    assert "No changes in 3 units" in left.stdout
    first.meridian("verify", "staging", "--target", "local").expect(0)
    first.meridian("audit", "staging", "--target", "local").expect(1)
    left = [(one["kind"], one["unit"]) for one in first.report("audit")["findings"]]
    assert left == [("state", "eu-west-1/compute"), ("state", "eu-west-1/data")]


def _commands(done: Done) -> list[str]:
    """Return the commands that a change of the inventory prints."""
    return [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]


def _protection(checkout: Checkout) -> dict[str, bool]:
    """Return whether the table of each region is protected from deletion."""
    target = checkout.target("staging")
    return {
        region: target.client("dynamodb", region).describe_table(TableName="greeter-staging-greetings")["Table"][
            "DeletionProtectionEnabled"
        ]
        for region in target.environment.region_names
    }
