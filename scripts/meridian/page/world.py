"""A world map with the regions of an environment: where each is, and where its mark and its name have room."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot
from pathlib import Path

PLACES: dict[str, tuple[str, float, float]] = {
    "af-south-1": ("Cape Town", -33.9, 18.4),
    "ap-east-1": ("Hong Kong", 22.3, 114.2),
    "ap-east-2": ("Taipei", 25.0, 121.6),
    "ap-northeast-1": ("Tokyo", 35.7, 139.7),
    "ap-northeast-2": ("Seoul", 37.6, 127.0),
    "ap-northeast-3": ("Osaka", 34.7, 135.5),
    "ap-south-1": ("Mumbai", 19.1, 72.9),
    "ap-south-2": ("Hyderabad", 17.4, 78.5),
    "ap-southeast-1": ("Singapore", 1.4, 103.8),
    "ap-southeast-2": ("Sydney", -33.9, 151.2),
    "ap-southeast-3": ("Jakarta", -6.2, 106.8),
    "ap-southeast-4": ("Melbourne", -37.8, 145.0),
    "ap-southeast-5": ("Malaysia", 3.1, 101.7),
    "ap-southeast-6": ("New Zealand", -36.8, 174.8),
    "ap-southeast-7": ("Thailand", 13.8, 100.5),
    "ca-central-1": ("Canada Central", 45.5, -73.6),
    "ca-west-1": ("Calgary", 51.0, -114.1),
    "cn-north-1": ("Beijing", 39.9, 116.4),
    "cn-northwest-1": ("Ningxia", 37.5, 105.2),
    "eu-central-1": ("Frankfurt", 50.1, 8.7),
    "eu-central-2": ("Zurich", 47.4, 8.5),
    "eu-north-1": ("Stockholm", 59.3, 18.1),
    "eu-south-1": ("Milan", 45.5, 9.2),
    "eu-south-2": ("Spain", 41.6, -0.9),
    "eu-west-1": ("Ireland", 53.3, -6.3),
    "eu-west-2": ("London", 51.5, -0.1),
    "eu-west-3": ("Paris", 48.9, 2.4),
    "eusc-de-east-1": ("Germany", 52.4, 13.1),
    "il-central-1": ("Tel Aviv", 32.1, 34.8),
    "me-central-1": ("UAE", 25.2, 55.3),
    "me-south-1": ("Bahrain", 26.1, 50.6),
    "mx-central-1": ("Mexico Central", 20.6, -100.4),
    "sa-east-1": ("São Paulo", -23.6, -46.6),
    "us-east-1": ("N. Virginia", 38.9, -77.4),
    "us-east-2": ("Ohio", 40.0, -83.0),
    "us-west-1": ("N. California", 37.8, -122.4),
    "us-west-2": ("Oregon", 45.8, -119.7),
}
"""The place that AWS names for a region (botocore/data/partitions.json), and its rough latitude and longitude.

AWS publishes no positions: they are those of the city, or of the middle of a country or state. It names no place for
GovCloud and the regions of secret partitions, so these are only listed.
"""
LAND = Path(__file__).with_name("world.txt")
"""A character for each 3 degrees, # is land: from Natural Earth's 1:110m land, which is in the public domain."""
CELL, TOP = 6.0, 75.0
"""Units of the picture for each character, and the latitude of its upper edge."""
WIDTH, HEIGHT = 720.0, 264.0
RADIUS, APART = 11.0, 34.0
LETTER, LINE = 7.6, 14.0


@dataclass(frozen=True)
class Label:
    """Where a region's name stands; `anchor` is the side of the text that is at `x`, as SVG names it."""

    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class Mark:
    """A region's mark: at its place (`x`, `y`), or beside it where another one is (`at_x`, `at_y`)."""

    number: int
    region: str
    x: float
    y: float
    at_x: float
    at_y: float
    label: "Label | None"
    """None where the name has no room; the number stays."""

    @property
    def moved(self) -> bool:
        """Whether a line leads from the mark to its place."""
        return hypot(self.at_x - self.x, self.at_y - self.y) > 2


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def find_place(region: str) -> str:
    """Return the name of a region's place; empty if it has none on the map."""
    return PLACES[region][0] if region in PLACES else ""


def lay_out(regions: Sequence[str]) -> list[Mark]:
    """Return a mark for each region that has a place, numbered as in the list; no two cover each other."""
    numbered = [(number, name) for number, name in enumerate(regions, 1) if name in PLACES]
    true = [((PLACES[name][2] + 180) / 3 * CELL, (TOP - PLACES[name][1]) / 3 * CELL) for _, name in numbered]
    spread = _spread(true)
    taken = [_around(x, y) for x, y in spread]
    marks = []
    for (number, name), (x, y), (at_x, at_y) in zip(numbered, true, spread, strict=True):
        free = (found for found in _labels(name, at_x, at_y) if not _covers(found[0], taken))
        box, label = next(free, (None, None))
        if box:
            taken.append(box)
        marks.append(Mark(number, name, round(x, 1), round(y, 1), round(at_x, 1), round(at_y, 1), label))
    return marks


def _spread(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Push points apart, step by step, until each pair has room."""
    spread = [list(point) for point in points]
    for _ in range(200):
        still = True
        for first, one in enumerate(spread):
            for other in spread[first + 1 :]:
                across, down = other[0] - one[0] or 0.1, other[1] - one[1]
                distance = hypot(across, down)
                if distance >= APART:
                    continue
                still = False
                push = (APART - distance) / 2 / distance + 0.001
                for point, sign in ((one, -1), (other, 1)):
                    point[0] = min(max(point[0] + sign * push * across, APART / 2), WIDTH - APART / 2)
                    point[1] = min(max(point[1] + sign * push * down, APART / 2), HEIGHT - APART / 2)
        if still:
            break
    return [(x, y) for x, y in spread]


def _around(x: float, y: float) -> Box:
    return x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS


def _labels(text: str, x: float, y: float) -> Iterator[tuple[Box, Label]]:
    """Yield where a name may stand, with the room that it takes: right of the mark, left of it, below and above."""
    wide, gap = LETTER * len(text), RADIUS + 4
    for anchor, left, base in (
        ("start", x + gap, y + 4),
        ("end", x - gap - wide, y + 4),
        ("middle", x - wide / 2, y + gap + 8),
        ("middle", x - wide / 2, y - gap),
    ):
        at = {"start": left, "end": left + wide, "middle": left + wide / 2}[anchor]
        yield (left, base - LINE + 3, left + wide, base + 3), Label(round(at, 1), round(base, 1), anchor)


def _covers(box: Box, taken: Iterable[Box]) -> bool:
    left, top, right, bottom = box
    if left < 0 or top < 0 or right > WIDTH or bottom > HEIGHT:
        return True
    return any(left < one[2] and one[0] < right and top < one[3] and one[1] < bottom for one in taken)


@cache
def draw_land() -> str:
    """Return the path of all land, a line for each run of it: the page draws the lines dotted."""
    parts = []
    for row, text in enumerate(LAND.read_text(encoding="utf-8").splitlines()):
        column = 0
        for run in text.replace(".#", ". #").replace("#.", "# .").split(" "):
            if run.startswith("#"):
                left, y = column * CELL + CELL / 2, row * CELL + CELL / 2
                # A dotted line needs a length to have its first dot.
                parts.append(f"M{left:g} {y:g}h{(len(run) - 1) * CELL + 0.01:g}")
            column += len(run)
    return "".join(parts)
