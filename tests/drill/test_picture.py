"""The picture of a drill is a well-formed SVG in which every call is a part of a column."""

from xml.etree import ElementTree

from meridian.drill.calls import Call
from meridian.drill.picture import BOTTOM, COLORS, HEIGHT, LOST, TOP, draw

SVG = "{http://www.w3.org/2000/svg}"


def test_every_second_has_a_column_by_region_and_lost_calls_are_red() -> None:
    """The moments stand below it with their seconds; a name cannot break the file."""
    calls = [Call(0.1, 0.2, "a", "us-east-1"), Call(0.3, 0.4, "b", None), Call(2.5, 2.6, "c", "eu-west-1")]
    root = ElementTree.fromstring(draw("a <drill>", calls, ["us-east-1", "eu-west-1"], {"taken away": 1.2, "back": 2}))
    columns = [one.get("fill") for one in root.iter(f"{SVG}rect") if one.get("width", "").count(".")]
    assert columns == [COLORS[0], LOST, COLORS[1]]
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert {"a <drill>", "us-east-1", "eu-west-1", "no answer", "taken away, 1 s", "back, 2 s"} <= set(texts)


def test_lags_are_dots_and_the_longest_is_at_the_top() -> None:
    """Without any there is no word of them."""
    calls = [Call(0.1, 0.2, "a", "us-east-1")]
    root = ElementTree.fromstring(draw("drill", calls, ["us-east-1"], {}, [(0.2, 0.5), (0.7, 2.0), (0.8, 0.0)]))
    heights = [float(one.get("cy", "")) for one in root.iter(f"{SVG}circle")]
    assert heights[1] == TOP < heights[0] < heights[2] == HEIGHT - BOTTOM
    assert "calls per second; dots: replication, at most 2.00 s" in {one.text for one in root.iter(f"{SVG}text")}
    assert "replication" not in draw("drill", calls, ["us-east-1"], {})
    assert ElementTree.fromstring(draw("drill", calls, ["us-east-1"], {}, [(0.2, 0.0)])).tag == f"{SVG}svg"


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
