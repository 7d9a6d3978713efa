"""What was changed by hand is found, told apart from a commit, put back by plan and apply, and then gone."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e import hands
from tests.e2e.checkout import Checkout, Done

ON = ("dev", "--target", "local")
REGION, OTHER = "us-east-1", "eu-west-1"


@dataclass(frozen=True)
class Drifted:
    """What each step printed and reported, in the order of the steps."""

    clean: Done
    found: Done
    report: dict[str, Any]
    markdown: str
    restored: Done
    again: Done
    verified: Done


@pytest.fixture(scope="module")
def drifted(first: Checkout) -> Drifted:
    """Change one region by hand, and its function's memory in both; commit another timeout; put all back.

    The timeout stays.
    """
    clean = first.meridian("drift", *ON)
    target = first.target("dev")
    hands.change_all(target, REGION)
    hands.set_memory(target, OTHER, 512)
    inventory, markdown = first.root / "live/inventory.yaml", first.root.parent / "drift.md"
    committed = inventory.read_text()
    inventory.write_text(committed.replace("timeout_seconds: 5", "timeout_seconds: 6"))
    first.meridian("generate").expect(0)
    found = first.meridian("drift", *ON, "--markdown", str(markdown))
    report = first.report("drift")
    first.meridian("plan", *ON).expect(0)
    return Drifted(
        clean=clean,
        found=found,
        report=report,
        markdown=markdown.read_text(),
        restored=first.meridian("apply", *ON),
        again=first.meridian("drift", *ON),
        verified=first.meridian("verify", *ON),
    )


def test_a_deployment_has_no_drift(drifted: Drifted) -> None:
    assert "No drift in 5 units." in drifted.clean.expect(0).stdout


def test_everything_that_was_changed_by_hand_is_found(drifted: Drifted) -> None:
    """The same change in both regions is one row."""
    drifted.found.expect(1)
    rows = {(row["action"], row["address"]): row for row in drifted.report["drift"]}
    lines = {address: [one["path"] for one in row["attributes"]] for (_, address), row in rows.items()}
    assert lines["aws_dynamodb_table.greetings[0]"] == ["tags.Owner"]
    assert lines["aws_iam_role_policy.function"] == ["policy.Statement.WriteGreetings.Action"]
    assert lines["aws_apigatewayv2_stage.default"] == ["default_route_settings.throttling_rate_limit"]
    assert lines["aws_apigatewayv2_authorizer.jwt"] == ["jwt_configuration.audience"]
    assert lines["aws_lambda_function.greet"] == ["memory_size"]
    gone = {address for action, address in rows if action == "deleted"}
    assert {"aws_lambda_alias.live", "aws_sns_topic.verification"} <= gone
    assert rows["changed", "aws_lambda_function.greet"]["regions"] == [OTHER, REGION]
    assert {tuple(row["regions"]) for key, row in rows.items() if key[1] != "aws_lambda_function.greet"} == {(REGION,)}


def test_each_row_names_what_to_edit(drifted: Drifted) -> None:
    places = {row["address"]: row["accept"] for row in drifted.report["drift"]}
    assert places["aws_lambda_function.greet"][0].endswith(" (defaults.function.memory_mb)")
    assert places["aws_iam_role_policy.function"][0].startswith("modules/compute/role.tf:")
    assert "- **deleted** us-east-1: data: `aws_sns_topic.verification`\n  - to accept it, edit" in drifted.markdown


def test_what_is_committed_and_not_applied_is_no_drift(drifted: Drifted) -> None:
    (row,) = [row for row in drifted.report["not_applied"] if row["address"] == "aws_lambda_function.greet"]
    assert [(one["path"], one["old"], one["new"]) for one in row["attributes"]] == [("timeout", "5", "6")]


def test_plan_and_apply_put_all_back(drifted: Drifted) -> None:
    """The gate accepts it, and the deployment works again."""
    drifted.restored.expect(0)
    assert "No drift in 5 units." in drifted.again.expect(0).stdout
    drifted.verified.expect(0)
