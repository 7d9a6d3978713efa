"""Scalars without quotes, and the list of regions."""

import pytest

from meridian.inventory import regions
from meridian.yamlfile import scalars


@pytest.mark.parametrize(
    ("word", "expected"), [("-5", -5), ("1.50", 1.5), ("true", True), ("x", "x"), ("1.0.0", "1.0.0")]
)
def test_a_word_without_quotes(word: str, expected: object) -> None:
    """It has the type that every YAML reader gives it."""
    found = scalars.parse_plain(word)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("word", ["", "~", "null", "yes", "Off", "0777", "0x1f", "1e3", ".5", "1_000", "1:30", "<<"])
def test_a_word_that_readers_disagree_on_is_refused(word: str) -> None:
    """As a value and as a key."""
    with pytest.raises(ValueError, match=r"is read differently|loses its zeros|has no value"):
        scalars.parse_plain(word)
    assert scalars.is_ambiguous(word)


def test_regions_have_their_partition() -> None:
    """Pseudo regions such as aws-global are left out."""
    found = regions.partitions()
    assert (found["us-east-1"], found["cn-north-1"], found["us-gov-west-1"]) == ("aws", "aws-cn", "aws-us-gov")
    assert not any(name.endswith("-global") for name in found)
