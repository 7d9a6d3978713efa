"""Which units a changed key reaches that is a fact of the environment, not a setting."""

from dataclasses import replace
from typing import Any

import pytest

from meridian.change.inventory_change import ABSENT, KeyChange
from meridian.change.reach import Place, find_reasons
from meridian.modules.sources import Deployed, FromEnvironment
from tests.change.test_difference import contract


def reasons(field: str, path: tuple[str, ...], before: Any = ABSENT, after: Any = ABSENT) -> list[str]:
    """Return why a key reaches the unit in dev's us-east-1 of a module that is told a fact."""
    told = replace(contract(settings=""), inputs={"x": FromEnvironment(field)})
    place = Place("dev", "us-east-1", told)
    return list(find_reasons(KeyChange(path, before, after), place, {}, {}))


DEV = ("environments", "dev")


@pytest.mark.parametrize(
    ("field", "path", "reason"),
    [
        ("oidc_provider", (*DEV, "access", "oidc_provider"), "dev.access.oidc_provider: not set -> new"),
        ("permissions_boundary", (*DEV, "access"), "dev.access: not set -> new"),
        ("permissions_boundary", (*DEV, "permissions_boundary"), "dev.permissions_boundary: not set -> new"),
        ("company_boundary", (*DEV, "permissions_boundary"), "dev.permissions_boundary: not set -> new"),
        ("role_path", (*DEV, "role_path"), "dev.role_path: not set -> new"),
        ("region_names", (*DEV, "regions", "eu-west-1"), "dev.regions.eu-west-1: added"),
        ("subject", ("repository_ids", "owner"), "repository_ids.owner: not set -> new"),
    ],
)
def test_a_fact_reaches_the_units_that_are_told_it(field: str, path: tuple[str, ...], reason: str) -> None:
    assert reasons(field, path, after="new") == [reason]
    assert reasons("name", path, after="new") == []


@pytest.mark.parametrize("path", [("environments", "prod", "role_path"), (*DEV, "regions", "eu-west-1", "reason")])
def test_another_environment_or_a_key_of_a_region_does_not(path: tuple[str, ...]) -> None:
    assert reasons("role_path", path, after="new") == []
    assert reasons("region_names", path, after="new") == []


@pytest.mark.parametrize("where", [DEV, (*DEV, "regions", "us-east-1")])
def test_a_unit_is_reached_when_a_module_that_it_asks_for_comes(where: tuple[str, ...]) -> None:
    told = replace(contract(settings=""), inputs={"x": Deployed("queue", 1)})
    place = Place("dev", "us-east-1", told)
    changes = [KeyChange((*where, "units", module), ABSENT, True) for module in ("queue", "other")]
    found = [list(find_reasons(change, place, {}, {})) for change in changes]
    assert found == [[f"{'.'.join(where[1:])}.units.queue: not set -> true"], []]
