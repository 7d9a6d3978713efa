"""The map: every region that has a place is on it, and no mark or name covers another."""

from itertools import combinations

import pytest

from meridian.inventory.regions import partitions
from meridian.page import world

NAMELESS = {"aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"}


def test_every_region_has_a_place_unless_aws_names_none() -> None:
    """A new region in botocore's list needs a row."""
    wanted = {region for region, partition in partitions().items() if partition not in NAMELESS}
    assert world.PLACES.keys() == wanted


@pytest.mark.parametrize(
    ("region", "place", "x", "y"), [("eu-west-1", "Ireland", 347.4, 43.4), ("sa-east-1", "São Paulo", 266.8, 197.2)]
)
def test_a_mark_is_at_its_place(region: str, place: str, x: float, y: float) -> None:
    (mark,) = world.lay_out([region])
    assert (world.find_place(region), mark.x, mark.y, mark.moved) == (place, x, y, False)


def test_a_region_without_a_place_keeps_its_number() -> None:
    """The list of regions has it; the marks count as the list does."""
    assert world.find_place("us-gov-west-1") == ""
    assert [(one.number, one.region) for one in world.lay_out(["us-gov-west-1", "eu-west-1"])] == [(2, "eu-west-1")]


def test_no_mark_covers_another() -> None:
    """Not even with every region of AWS, of which some are at one place; then a line leads to it."""
    marks = world.lay_out([*world.PLACES, "eu-west-2"])
    for one, other in combinations(marks, 2):
        assert abs(one.at_x - other.at_x) + abs(one.at_y - other.at_y) > 2 * world.RADIUS, (one, other)
    assert all(0 < one.at_x < world.WIDTH and 0 < one.at_y < world.HEIGHT for one in marks)
    assert any(one.moved for one in marks)


def extent(mark: world.Mark) -> tuple[float, float]:
    """Return where the name of a mark begins and ends."""
    wide, label = world.LETTER * len(mark.region), mark.label
    assert label
    left = {"start": label.x, "middle": label.x - wide / 2, "end": label.x - wide}[label.anchor]
    return left, left + wide


def test_names_have_room_or_are_left_out() -> None:
    marks = [one for one in world.lay_out(list(world.PLACES)) if one.label]
    assert 10 < len(marks) < len(world.PLACES)
    for one, other in combinations(marks, 2):
        (left, right), (start, end) = extent(one), extent(other)
        assert one.label
        assert other.label
        apart = right <= start + 0.2 or end <= left + 0.2
        assert apart or abs(one.label.y - other.label.y) >= world.LINE - 0.2, (one, other)


def test_the_land_is_a_picture_of_the_world() -> None:
    """Rows of one length; Ireland is land, the middle of the Atlantic is not."""
    rows = world.LAND.read_text(encoding="utf-8").splitlines()
    assert {len(row) for row in rows} == {int(world.WIDTH / world.CELL)}
    assert len(rows) == int(world.HEIGHT / world.CELL)
    assert (rows[7][57], rows[15][45]) == ("#", ".")
    assert world.draw_land().count("M") == sum(len([run for run in row.split(".") if run]) for row in rows)
