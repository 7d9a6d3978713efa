"""Regions that go, and regions that are gone, as an inventory says them."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.inventory.load import load_inventory
from tests.render.world import MINIMAL, make

TWO = f"{MINIMAL}      eu-west-1: {{retiring: true}}\n"
GOOD = f'{TWO}    retired: {{eu-west-2: "2026-01-31"}}\n'
MARKED = "      eu-west-1: {retiring: true}\n"
LINE = "live/inventory.yaml:"


def load_text(root: Path, text: str) -> object:
    """Return what an inventory of the test modules says."""
    return load_inventory(make(root / "repository", text) / "live/inventory.yaml")


def test_a_retiring_region_needs_no_reason(tmp_path: Path) -> None:
    """`retiring` is not a difference, and a tombstone is not a region."""
    environment = load_inventory(make(tmp_path / "repository", GOOD) / "live/inventory.yaml").environment("dev")
    assert [(region.name, region.retiring) for region in environment.regions] == [
        ("us-east-1", False),
        ("eu-west-1", True),
    ]
    assert environment.regions[1].settings == {}
    assert environment.settings == {}


def test_a_whole_environment_retires(tmp_path: Path) -> None:
    """Its primary region too: the pool goes with everything that uses it."""
    text = TWO.replace("us-east-1: {}", "us-east-1: {retiring: true}")
    environment = load_inventory(make(tmp_path / "repository", text) / "live/inventory.yaml").environment("dev")
    assert environment.lasting_region_names == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "eu-west-1: {retiring: true}",
            "eu-west-1: {retiring: false}",
            "12: environments.dev.regions.eu-west-1.retiring: false must be true; ",
        ),
        (
            f"us-east-1: {{}}\n{MARKED}",
            "us-east-1: {retiring: true}\n      eu-west-1: {}\n",
            "11: environments.dev.regions.us-east-1.retiring: the primary ",
        ),
        ("eu-west-2:", "eu-wst-2:", "13: environments.dev.retired.eu-wst-2: 'eu-wst-2' is not an AWS region. Did you "),
        ("eu-west-2:", "us-east-1:", "13: environments.dev.retired.us-east-1: is among the regions; "),
        (
            '"2026-01-31"',
            '"2026-31-01"',
            "13: environments.dev.retired.eu-west-2: '2026-31-01' is not a date in quotes",
        ),
        ('{eu-west-2: "2026-01-31"}', "[eu-west-2]", "13: environments.dev.retired: ['eu-west-2'] must be a map of "),
    ],
    ids=["false", "the primary region", "no region", "a region that is there", "no date", "a list"],
)
def test_wrong_marks_and_tombstones_are_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    """Each with its line, its key path, and what would be right."""
    assert old in GOOD
    with pytest.raises(UserError) as caught:
        load_text(tmp_path, GOOD.replace(old, new, 1))
    assert caught.value.message.startswith(LINE + says)
    assert "\n" not in caught.value.message
