"""How values fall through."""

from typing import Any

import pytest

from meridian.inventory.layers import effective_value, merge_layers
from meridian.modules.sources import Setting
from tests.modules.declared import parse_type

LOGS = Setting(
    "logs", {"days": 365}, parse_type("object({days = optional(number), tags = optional(list(string))})"), False
)


@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"x": 1}}, {"a": {}}, {"a": {"x": 1}}),
        (None, {"a": 1}, {"a": 1}),
        (1, 2, 2),
    ],
    ids=["new key", "maps merge deep", "lists replace", "an empty map changes nothing", "nothing below", "scalars"],
)
def test_merge(below: Any, above: Any, expected: Any) -> None:
    """Neither side is changed."""
    before = repr((below, above))
    assert merge_layers(below, above) == expected
    assert repr((below, above)) == before


@pytest.mark.parametrize(
    ("defaults", "protected", "environment", "region", "expected"),
    [
        ({}, False, {}, {}, None),
        ({"logs": {"days": 1}}, False, {}, {}, {"days": 1}),
        ({"logs": {"days": 1}}, True, {}, {}, {"days": 365}),
        ({}, True, {}, {}, {"days": 365}),
        ({"logs": {"days": 1}}, True, {"logs": {"days": 2}}, {}, {"days": 2}),
        ({"logs": {"days": 1}}, True, {"logs": {"days": 2}}, {"logs": {"days": 3}}, {"days": 3}),
        ({"logs": {"tags": ["a"], "new": 1}}, True, {}, {}, {"tags": ["a"], "days": 365}),
    ],
    ids=[
        "no layer",
        "defaults",
        "protected",
        "protected alone",
        "environment",
        "region",
        "what a version does not know",
    ],
)
def test_effective(
    defaults: dict[str, Any], protected: bool, environment: dict[str, Any], region: dict[str, Any], expected: Any
) -> None:
    """Defaults, then the protected value, then environment, then region."""
    assert effective_value(LOGS, defaults, protected, (environment, region)) == expected


def test_a_falsy_value_counts() -> None:
    """False and 0 are values, not absence."""
    switch = Setting("totp", None, parse_type("bool"), False)
    assert effective_value(switch, {"totp": True}, False, ({"totp": False},)) is False
