"""`staging` runs released versions: from its pinned commits, on a second local AWS beside that of `dev`."""

import re

import pytest

from tests.e2e.checkout import Checkout, Done, verdicts

SOURCE = re.compile(r'^  source = "(?P<source>[^"]*)"', re.MULTILINE)
PINNED = re.compile(r"git::https://[^?]+//modules/[a-z]+\?ref=[0-9a-f]{40}")


@pytest.fixture(scope="module")
def staging(first: Checkout, busy: None) -> Done:
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
