"""The picture of a drill is a well-formed SVG in which every call is a part of a column."""

from xml.etree import ElementTree

from meridian.drill.calls import Call
from meridian.drill.picture import COLORS, LOST, draw

SVG = "{http://www.w3.org/2000/svg}"


def test_every_second_has_a_column_by_region_and_lost_calls_are_red() -> None:
    """The moments stand below it with their seconds; a name cannot break the file."""
    calls = [Call(0.1, 0.2, "a", "us-east-1"), Call(0.3, 0.4, "b", None), Call(2.5, 2.6, "c", "eu-west-1")]
    root = ElementTree.fromstring(draw("a <drill>", calls, ["us-east-1", "eu-west-1"], {"taken away": 1.2, "back": 2}))
    columns = [one.get("fill") for one in root.iter(f"{SVG}rect") if one.get("width", "").count(".")]
    assert columns == [COLORS[0], LOST, COLORS[1]]
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert {"a <drill>", "us-east-1", "eu-west-1", "no answer", "taken away, 1 s", "back, 2 s"} <= set(texts)


def test_seconds_before_the_fault_stand_left_of_it() -> None:
    """They are negative."""
    calls = [Call(-1.5, -1, "a", "us-east-1"), Call(0.5, 1, "b", "us-east-1")]
    root = ElementTree.fromstring(draw("drill", calls, ["us-east-1"], {"taken away": 0}))
    places = [float(one.get("x", "")) for one in root.iter(f"{SVG}rect") if one.get("width", "").count(".")]
    (line,) = root.iter(f"{SVG}line")
    assert places[0] < float(line.get("x1", "")) == places[1]


def test_a_drill_without_calls_has_a_picture() -> None:
    """Nothing is divided by zero."""
    assert ElementTree.fromstring(draw("empty", [], ["us-east-1"], {})).tag == f"{SVG}svg"
