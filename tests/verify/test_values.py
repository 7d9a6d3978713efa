"""Placeholders and the comparison of what came back."""

from decimal import Decimal
from typing import Any

import pytest

from meridian.verify.values import NotFilled, fill_in, find_difference, find_unknown_names, is_own

VALUES = {"run_id": "r1", "region": "eu-west-1", "answer": {"id": 7, "deep": {"x": "y"}}}


def test_placeholders_are_filled_in_at_every_depth() -> None:
    """One that is the whole text keeps its type; other braces stay."""
    template = {
        "a": ["{run_id}", "x-{region}-{answer.id}"],
        "b": "{answer.id}",
        "c": "{answer.deep.x}",
        "d": "{ }",
        "e": 3,
    }
    wanted = {"a": ["r1", "x-eu-west-1-7"], "b": 7, "c": "y", "d": "{ }", "e": 3}
    assert fill_in(template, VALUES) == wanted


@pytest.mark.parametrize("name", ["answer.no", "answer.id.deeper", "answer."])
def test_a_field_that_the_answer_lacks_is_named(name: str) -> None:
    with pytest.raises(NotFilled, match="the answer has no field"):
        fill_in(f"{{{name}}}", VALUES)


def test_an_unknown_placeholder_is_found_with_its_place() -> None:
    """A route's own variable is one too: a call needs a value there."""
    ((path, text),) = find_unknown_names({"a": ["{run_id} {answer.x}", "/orders/{runid}"]})
    assert path == ("a", 1)
    assert text.startswith("there is no placeholder {runid}. Did you mean 'run_id'?")


@pytest.mark.parametrize(
    ("value", "own"),
    [({"a": "x-{run_id}"}, True), ({"a": "{answer.id}"}, True), ({"a": "{region}"}, False), ({"a": "fixed"}, False)],
)
def test_what_only_this_run_can_have_made_is_its_own(value: Any, own: bool) -> None:
    assert is_own(value) is own


@pytest.mark.parametrize(
    ("wanted", "seen", "says"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, ""),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, ""),
        ({"a": 3, "b": 0.5}, {"a": Decimal(3), "b": Decimal("0.5")}, ""),
        ({"a": 1}, {}, "lacks a"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "says a.b 2, wanted 1"),
        ({"a": {"b": 1}}, {"a": "x"}, "says a 'x', wanted a map"),
        ({"a": 1}, {"a": True}, "says a true, wanted 1"),
        ({"a": 4}, {"a": Decimal(3)}, "says a 3, wanted 4"),
        ({"a": [1]}, {"a": [1, 2]}, "says a [1, 2], wanted [1]"),
    ],
)
def test_a_difference_is_said_with_its_field(wanted: Any, seen: Any, says: str) -> None:
    """Fields that are not wanted do not count."""
    assert find_difference(wanted, seen) == says
