"""A renamed topic and a replaced app client in one apply: what reads them follows, and nothing else is applied."""

from dataclasses import dataclass

import pytest

from tests.e2e.checkout import Checkout, Done
from tests.e2e.story import LOCAL, Story


@dataclass(frozen=True)
class Renamed:
    """What each step printed."""

    other: Done
    planned: Done
    applied: Done
    again: Done
    verified: Done


@pytest.fixture(scope="module")
def renamed(second: Checkout, story: Story) -> Renamed:
    """Rename the topic and delete the client of a deployed environment, then plan and apply."""
    story.applied.expect(0)
    before, digest = second.root.parent / "before.json", second.root.parent / "digest.json"
    second.meridian("plan", *LOCAL, "--digest", str(before)).expect(0)
    topic = second.root / "modules/data/topic.tf"
    topic.write_text(topic.read_text().replace('"${var.name}-verification"', '"${var.name}-verify"'))
    second.meridian("accept").expect(0)
    cognito = second.target("dev").client("cognito-idp")
    (pool,) = cognito.list_user_pools(MaxResults=10)["UserPools"]
    (client,) = cognito.list_user_pool_clients(UserPoolId=pool["Id"])["UserPoolClients"]
    cognito.delete_user_pool_client(UserPoolId=pool["Id"], ClientId=client["ClientId"])
    return Renamed(
        other=second.meridian("apply", *LOCAL, "--approved", str(before)),
        planned=second.meridian("plan", *LOCAL, "--digest", str(digest)),
        applied=second.meridian("apply", *LOCAL),
        again=second.meridian("plan", *LOCAL),
        verified=second.meridian("verify", *LOCAL),
    )


def test_a_plan_that_was_not_approved_is_not_applied(renamed: Renamed) -> None:
    """The digest is of a plan without changes."""
    said = renamed.other.expect(1).stderr
    assert "eu-west-1/data, us-east-1/data, us-east-1/identity: the plan is not the one that was approved." in said


def test_what_reads_a_changed_output_is_planned_again(renamed: Renamed) -> None:
    """It follows the new address and client, the gate accepts this without a waiver, and the next plan is empty."""
    renamed.planned.expect(0)
    assert "planning again: eu-west-1/compute, us-east-1/compute" in renamed.applied.expect(0).stderr
    assert "No changes in 5 units." in renamed.again.expect(0).stdout
    renamed.verified.expect(0)
