"""The lever of a region, when AWS refuses it."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.drill.fault import lever_pulled
from meridian.errors import CouldNotTell

LEVER = {"namespace": "greeter-dev/routing", "metric_name": "OutOfService", "dimensions": {"Region": "eu-west-1"}}


def refuse(**_: object) -> None:
    """Refuse a call as AWS does."""
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutMetricData")


def test_without_a_lever_nothing_is_taken_away() -> None:
    target: Any = SimpleNamespace(arguments="dev --target local")
    with (
        pytest.raises(CouldNotTell, match="eu-west-1/routing: output 'lever' is missing") as refused,
        lever_pulled(target, "eu-west-1", {"lever": None}),
    ):
        pytest.fail("the drill went on")
    assert "meridian apply dev --target local" in str(refused.value.hint)


def test_a_lever_that_is_refused_names_its_metric_and_takes_nothing_away() -> None:
    target: Any = SimpleNamespace(client=lambda *_: SimpleNamespace(put_metric_data=refuse))
    with (
        pytest.raises(CouldNotTell, match="The metric OutOfService of eu-west-1 was refused"),
        lever_pulled(target, "eu-west-1", {"lever": LEVER}),
    ):
        pytest.fail("the drill went on")
