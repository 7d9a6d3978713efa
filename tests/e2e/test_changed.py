"""The inner loop with --changed, on the first clone as `up` left it; no file before this one works on it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.checkout import Checkout, Done
from tests.e2e.story import LOCAL

CHANGED = (*LOCAL, "--changed")
BEFORE, AFTER = (
    "      eu-west-1: {} #",
    "      eu-west-1: {api: {throttle: {rate: 90}}, reason: EU traffic is lower than the rest} #",
)


@dataclass(frozen=True)
class Loop:
    """What each step printed, and the units that the plan of the edit was made for."""

    nothing: Done
    edited: Done
    planned: list[str]
    whole: list[str]
    applied: Done
    again: Done


@pytest.fixture(scope="module")
def loop(first: Checkout) -> Iterator[Loop]:
    """Plan, edit one region, plan, apply, plan; then take the edit back."""
    nothing = first.meridian("plan", *CHANGED)
    inventory = first.root / "live/inventory.yaml"
    text = inventory.read_text()
    assert BEFORE in text
    inventory.write_text(text.replace(BEFORE, AFTER, 1))
    first.meridian("generate").expect(0)
    whole = [unit for unit, changes in _plan(first, *LOCAL).items() if changes]
    edited = first.meridian("plan", *CHANGED)
    planned = [row["unit"] for row in first.report("plan")["units"]]
    yield Loop(
        nothing,
        edited,
        planned,
        whole,
        first.meridian("apply", *CHANGED),
        first.meridian("plan", *CHANGED),
    )
    inventory.write_text(text)
    first.meridian("generate").expect(0)
    first.meridian("apply", *CHANGED).expect(0)


def _plan(checkout: Checkout, *words: str) -> dict[str, object]:
    """Return what a plan changes, by unit."""
    checkout.meridian("plan", *words).expect(0)
    return {row["unit"]: row["changes"] for row in checkout.report("plan")["units"]}


def test_after_up_there_is_nothing_to_plan(loop: Loop) -> None:
    assert "No unit was planned." in loop.nothing.expect(0).stdout
    assert "started" not in loop.nothing.stderr


def test_an_edit_of_one_region_plans_and_applies_what_a_plain_plan_changes(loop: Loop) -> None:
    assert loop.whole == ["eu-west-1/compute"]
    assert loop.edited.expect(0)
    assert loop.planned == loop.whole
    assert "applied eu-west-1/compute" in loop.applied.expect(0).stdout


def test_after_the_apply_there_is_nothing_to_plan(loop: Loop) -> None:
    assert "No unit was planned." in loop.again.expect(0).stdout
