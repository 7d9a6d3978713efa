"""Scalars without quotes, and the list of regions."""

import importlib.util

import pytest

from meridian.inventory import regions
from meridian.yamlfile import scalars
from meridian.yamlfile.scalars import Wrong


@pytest.mark.parametrize(
    ("word", "expected"),
    [("5", 5), ("-5", -5), ("0", 0), ("1.50", 1.5), ("true", True), ("false", False), ("x", "x"), ("1.0.0", "1.0.0")],
)
def test_a_word_without_quotes(word: str, expected: object) -> None:
    """It has the type that every YAML reader gives it."""
    found = scalars.parse_plain(word)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    "word", ["", "~", "null", "yes", "Off", "0777", "0x1f", "1e3", ".5", "1_000", "1:30", "=", "<<"]
)
def test_a_word_that_readers_disagree_on(word: str) -> None:
    """It is refused."""
    assert isinstance(scalars.parse_plain(word), Wrong)


def test_regions_need_the_list_of_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt region could not be found without it."""
    regions.partitions.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="botocore"):
        regions.partitions()
    monkeypatch.undo()
    found = regions.partitions()
    assert (found["us-east-1"], found["cn-north-1"], found["us-gov-west-1"]) == ("aws", "aws-cn", "aws-us-gov")
    assert not any(name.endswith("-global") for name in found)
