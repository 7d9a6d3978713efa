"""Which regions the listing of resources looks into, and which health checks it finds."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.errors import CouldNotTell
from meridian.recover import listing
from meridian.recover.resources import Resource
from meridian.targets import Target
from tests.recover.conftest import Pages


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
    monkeypatch.setattr(listing, "_health_checks", lambda _: [])
    target = replace(target, environment=replace(target.environment, retired={"eu-west-2": "2026-01-31"}))
    if denied == "us-east-1":
        with pytest.raises(CouldNotTell, match="cannot be listed"):
            listing.find_resources(target)
        return
    assert {one.region for one in listing.find_resources(target)} == set(target.environment.region_names)
    assert "note: eu-west-2 is retired" in capsys.readouterr().err


def test_with_the_copy_of_the_states_the_lost_region_is_left_out(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listing, "_in_region", lambda _, region: [Resource("a", region, "aws_sns_topic", region)])
    monkeypatch.setattr(listing, "_of_iam", lambda _: [])
    monkeypatch.setattr(listing, "_health_checks", lambda _: [])
    lost = replace(target, environment=replace(target.environment, state_copy="eu-west-1").copy)
    others = set(target.environment.region_names) - {target.environment.primary_region}
    assert others
    assert {one.region for one in listing.find_resources(lost)} == others
    assert f"note: {target.environment.primary_region} is lost" in capsys.readouterr().err


NAME = "api.example.com"
OURS = {"Project": "greeter", "Environment": "dev", "Region": "us-east-1", "Unit": "routing"}
HTTPS = {"Type": "HTTPS", "FullyQualifiedDomainName": f"us-east-1.{NAME}"}
ALARM = {"Name": "greeter-dev-out-of-service", "Region": "us-east-1"}
CHECKS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "counts": ({"Type": "CALCULATED", "ChildHealthChecks": ["else", "answers"]}, {}),
    "counts others": ({"Type": "CALCULATED", "ChildHealthChecks": ["else"]}, {}),
    "tagged": (HTTPS, {**OURS, "Name": "tagged"}),
    "answers": (HTTPS, {}),
    "lever": ({"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": ALARM}, {}),
    "prod": (HTTPS, {**OURS, "Environment": "prod"}),
    "else": ({"Type": "HTTPS", "FullyQualifiedDomainName": "us-east-1.example.org"}, {}),
    "by address": ({"Type": "TCP", "IPAddress": "192.0.2.1"}, {}),
    "other alarm": ({"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {**ALARM, "Name": "other"}}, {}),
}


class Route53:
    """The health checks of an account."""

    def __init__(self, denied: bool = False) -> None:
        self.denied = denied

    def get_paginator(self, operation: str) -> Pages:
        """Return every check, or refuse."""
        if self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return Pages({"HealthChecks": [{"Id": name, "HealthCheckConfig": one} for name, (one, _) in CHECKS.items()]})

    def list_tags_for_resource(self, ResourceType: str, ResourceId: str) -> dict[str, Any]:
        """Return the tags of one."""
        tags = CHECKS[ResourceId][1]
        return {"ResourceTagSet": {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}}


def with_domain(target: Target) -> Target:
    """Return a target whose environment has a name for all regions."""
    return replace(target, environment=replace(target.environment, settings={"domain": {"name": NAME}}))


def test_a_health_check_is_known_by_its_tags_or_by_what_it_watches(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed run leaves one without tags; those of others stay out."""
    monkeypatch.setattr(Target, "client", lambda *_: Route53())
    found = list(listing._health_checks(with_domain(target)))
    assert {one.id for one in found} == {"answers", "counts", "lever", "tagged"}
    assert {(one.unit, one.region, one.type) for one in found} == {
        ("us-east-1/routing", "us-east-1", "aws_route53_health_check")
    }
    assert {one.id: one.name for one in found if one.name} == {"tagged": "tagged"}


def test_without_a_domain_or_the_right_no_health_check_is_listed(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The pipelines' roles have the right with the next release of routing."""
    monkeypatch.setattr(Target, "client", lambda *_: Route53(denied=True))
    assert list(listing._health_checks(target)) == []
    assert capsys.readouterr().err == ""
    assert list(listing._health_checks(with_domain(target))) == []
    assert "may not list health checks" in capsys.readouterr().err
