"""Plan, apply and destroy of a whole environment; story.py runs the steps."""

import pytest

from meridian.local import server
from meridian.modules.contract import SENTINEL
from tests.e2e import deployed
from tests.e2e.checkout import Checkout
from tests.e2e.story import CHANGES, LOCAL, Story, resources

PROVISIONAL = ["eu-west-1/compute", "us-east-1/compute"]
FINAL = ["eu-west-1/data", "us-east-1/data", "us-east-1/identity"]
REFUSALS = dict.fromkeys(CHANGES, "live/ or modules/ has changed since the plan was made") | {
    "an inventory that is not rendered": "The tree is not what live/inventory.yaml renders"
}


def test_an_interrupted_destroy_says_so_and_leaves_no_process(story: Story) -> None:
    assert story.interrupted.code == 130, story.interrupted.said
    assert "to continue: `meridian destroy dev --target local --confirm dev`" in story.interrupted.said
    assert story.interrupted.still_running == []


def test_the_next_destroy_goes_on_where_it_was_interrupted(story: Story) -> None:
    assert 0 in story.interrupted.left.values()
    assert any(story.interrupted.left.values())
    assert "destroyed 5 units of dev" in story.destroyed.stdout
    assert story.empty == dict.fromkeys([*PROVISIONAL, *FINAL], 0)


def test_what_is_not_deployed_is_not_verified(story: Story) -> None:
    story.not_verified.expect(3)
    assert "never applied, or destroyed" in story.not_verified.stderr


def test_apply_refuses_what_the_gate_finds_in_the_plan(story: Story) -> None:
    """Nothing is applied then, and the report says so."""
    said = story.gated.expect(1)
    assert "MEDIUM    CKV_AWS_7  modules/data/key.tf:" in said.stdout
    assert "  in    dev/eu-west-1/data aws_kms_key.data\n  in    dev/us-east-1/data aws_kms_key.data\n" in said.stdout
    assert "HIGH      MRD_ACCEPTED_001  modules/data/key.tf:" in said.stdout
    assert "error: The gate refuses what would be applied to dev: 2 findings." in said.stderr
    assert (story.gate["verdict"], story.gate["exit_code"]) == ("findings", 1)
    assert story.empty == dict.fromkeys([*PROVISIONAL, *FINAL], 0)


def test_plan_says_which_units_it_planned_with_mocks(story: Story) -> None:
    assert sorted(row["unit"] for row in story.plan["units"] if row["provisional"]) == PROVISIONAL
    assert sorted(row["unit"] for row in story.plan["units"] if not row["provisional"]) == FINAL
    _, _, said = story.planned.stdout.partition("Not yet known: planned again with real outputs during the apply\n")
    assert said.split()[: len(PROVISIONAL)] == PROVISIONAL


def test_show_repeats_the_summary_of_the_plan(story: Story) -> None:
    """A new resource is one row for both regions."""
    assert story.shown.expect(0).stdout == story.planned.stdout
    assert "  create  eu-west-1, us-east-1: data: aws_dynamodb_table.greetings[0]\n" in story.shown.stdout


def test_show_prints_one_unit_in_terraforms_own_words(story: Story) -> None:
    said = story.shown_unit.expect(0).stdout
    assert "\n  # aws_dynamodb_table.greetings[0] will be created\n" in said
    assert "\nPlan: 5 to add, 0 to change, 0 to destroy.\n" in said


def test_the_search_for_mocks_finds_those_in_the_saved_plans(story: Story) -> None:
    assert sorted(story.saved_plans) == sorted([*PROVISIONAL, *FINAL])
    assert deployed.holding(story.saved_plans, SENTINEL) == PROVISIONAL


@pytest.mark.parametrize("change", CHANGES)
def test_apply_refuses_a_plan_that_is_older_than(story: Story, change: str) -> None:
    assert REFUSALS[change] in story.refused[change].expect(2).stderr


def test_apply_deploys_everything_in_one_command(story: Story) -> None:
    assert sorted(story.apply["applied"][: len(FINAL)]) == FINAL
    assert sorted(story.apply["applied"][len(FINAL) :]) == PROVISIONAL
    assert "planning again: eu-west-1/compute, us-east-1/compute" in story.applied.stderr
    story.verified.expect(0)


def test_no_mock_reached_aws(story: Story) -> None:
    assert len([name for name in story.deployed if name.endswith(deployed.STATE)]) == 5
    for region in ("us-east-1", "eu-west-1"):
        assert f"{region} greeter-dev-api authorizers" in story.deployed
        assert f"{region} greeter-dev-greet $LATEST" in story.deployed
        assert f"iam greeter-dev-greet-{region} function" in story.deployed
    assert deployed.holding(story.deployed, SENTINEL) == []


def test_apply_again_does_nothing(story: Story) -> None:
    assert "applied nothing: no unit has changes" in story.applied_again.expect(0).stdout


@pytest.mark.parametrize(
    ("confirmation", "message"),
    [
        pytest.param((), "It needs your confirmation, and this is not a terminal.", id="without confirmation"),
        pytest.param(("--confirm", "staging"), "'staging' is not the environment's name", id="by another name"),
    ],
)
def test_destroy_refuses(second: Checkout, story: Story, confirmation: tuple[str, ...], message: str) -> None:
    before = resources(second)
    assert message in second.meridian("destroy", *LOCAL, *confirmation).expect(2).stderr
    assert resources(second) == before
    assert all(before.values())


def test_destroy_refuses_a_protected_environment(second: Checkout) -> None:
    with second.state_home():
        server.start_server(second.root, second.environment("prod"))
    refused = second.meridian("destroy", "prod", "--target", "local", "--confirm", "prod").expect(2)
    assert "prod is protected: it cannot be destroyed." in refused.stderr
