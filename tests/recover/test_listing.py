"""Which regions the listing of resources looks into."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from meridian.errors import CouldNotTell
from meridian.recover import listing
from meridian.recover.resources import Resource
from meridian.targets import Target


@pytest.mark.parametrize("denied", ["eu-west-2", "us-east-1"])
def test_only_a_removed_region_may_be_closed(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], denied: str
) -> None:
    """The roles of pipelines have rights in the regions of the environment alone."""

    def in_region(_: Target, region: str) -> Iterator[Resource]:
        if region == denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetResources")
        yield Resource(f"{region}/data", region, "aws_sns_topic", region)

    monkeypatch.setattr(listing, "_in_region", in_region)
    monkeypatch.setattr(listing, "_of_iam", lambda _: [])
    target = replace(target, environment=replace(target.environment, retired={"eu-west-2": "2026-01-31"}))
    if denied == "us-east-1":
        with pytest.raises(CouldNotTell, match="cannot be listed"):
            listing.find_resources(target)
        return
    assert {one.region for one in listing.find_resources(target)} == set(target.environment.region_names)
    assert "note: eu-west-2 is retired" in capsys.readouterr().err
