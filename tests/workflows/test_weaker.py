"""What of the inventory an owner releases."""

from pathlib import Path

import pytest

from meridian.review.weaker import find_weaker
from tests.gate.repository import write

INVENTORY = """\
project: shop
repository: https://github.com/acme/shop.git
defaults:
  api: {throttle: {rate: 100, burst: 50}}
  logs: {retention_days: 30}
environments:
  dev:
    account_id: "100000000001"
    primary_region: us-east-1
    regions:
      us-east-1: {}
  prod:
    account_id: "100000000002"
    primary_region: us-east-1
    protected: true
    versions: {data: 1.0.0}
    logs: {retention_days: 365}
    regions:
      us-east-1: {}
      eu-west-1: {}
"""
WEAKER = {
    "another repository": ("acme/shop.git", "evil/shop.git", "repository"),
    "no protection": ("    protected: true\n", "", "prod.protected: True -> not set."),
    "another account": ('"100000000002"', '"100000000009"', "prod.account_id"),
    "another primary region": (
        "    primary_region: us-east-1\n    prot",
        "    primary_region: eu-west-1\n    prot",
        "prod.pr",
    ),
    "the account of dev": ('"100000000001"', '"100000000008"', "dev.account_id"),
    "logs for a day": ("retention_days: 365", "retention_days: 1", "prod.logs.retention_days: 365 -> 1."),
    "the default of the logs": ("retention_days: 30}", "retention_days: 1}", "defaults.logs.retention_days: 30 -> 1."),
    "a region's limit": (
        "eu-west-1: {}",
        "eu-west-1: {api: {throttle: {rate: 9000}}}",
        "prod.regions.eu-west-1.api.throttle.rate: not set -> 9000.",
    ),
    "every limit": ("burst: 50", "burst: 5000", "defaults.api.throttle.burst: 50 -> 5000."),
    "no prod": (INVENTORY[INVENTORY.index("  prod:") :], "", "prod is removed."),
}
FINE = {
    "a region": ("      eu-west-1: {}\n", "      eu-west-1: {}\n      eu-central-1: {}\n"),
    "a version": ("data: 1.0.0", "data: 1.1.0"),
    "protection": (
        "    regions:\n      us-east-1: {}\n  prod",
        "    protected: true\n    regions:\n      us-east-1: {}\n  prod",
    ),
    "stricter": ("retention_days: 365", "retention_days: 731"),
    "a lower limit": ("rate: 100", "rate: 50"),
    "dev alone": ("      us-east-1: {}\n  prod", "      us-east-1: {logs: {retention_days: 1}}\n  prod"),
}


def found(root: Path, old: str, new: str) -> list[str]:
    """Return the sentences on an inventory in which a text is replaced."""
    assert INVENTORY.count(old) == 1
    for name, text in (("before", INVENTORY), ("after", INVENTORY.replace(old, new))):
        write(root / name, "live/inventory.yaml", text)
    return [one.what for one in find_weaker(root / "before", root / "after")]


@pytest.mark.parametrize("name", WEAKER)
def test_an_owner_releases_what_weakens(tmp_path: Path, name: str) -> None:
    old, new, says = WEAKER[name]
    (what,) = found(tmp_path, old, new)
    assert what.startswith(says)


@pytest.mark.parametrize("name", FINE)
def test_other_changes_need_no_owner(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, *FINE[name]) == []
