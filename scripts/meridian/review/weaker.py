"""What a change of the inventory weakens: an owner releases it, as a change of the gate."""

import operator
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from meridian.change.inventory_change import ABSENT, KeyChange, compare_inventories, plain_map
from meridian.errors import UserError
from meridian.gate.finding import Finding
from meridian.gate.rules.owned import WEAKER
from meridian.paths import INVENTORY
from meridian.yamlfile import document

EVERYWHERE = {"project", "repository", "repository_ids"}
OF_AN_ENVIRONMENT = {
    "account_id",
    "primary_region",
    "protected",
    "access",
    "permissions_boundary",
    "role_path",
    "state_copy",
}
LOOSER: Mapping[str, Callable[[Any, Any], bool]] = {
    "retention_days": operator.lt,
    "rate": operator.gt,
    "burst": operator.gt,
}
"""Settings that may only become stricter in a protected environment, with what makes a new value looser."""


def find_weaker(before: Path, after: Path) -> Iterator[Finding]:
    """Yield a finding for each key that another place, less protection or looser limits depend on."""
    old, new = (_read(root) for root in (before, after))
    protected = {name for name, one in plain_map(old.get("environments")).items() if plain_map(one).get("protected")}
    for change in compare_inventories(old, new):
        if _is_weaker(change, protected):
            was, becomes = ("not set" if one is ABSENT else one for one in (change.before, change.after))
            removed = change.environment and not change.key
            what = f"{change.name} is removed." if removed else f"{change.name}: {was} -> {becomes}."
            yield WEAKER.finding(what, file=INVENTORY.as_posix())


def _is_weaker(change: KeyChange, protected: set[str]) -> bool:
    if change.environment is None:
        return change.path[0] in EVERYWHERE or (change.path[0] == "defaults" and _is_looser(change))
    if not change.key:
        return change.region is None and change.environment in protected and change.after is ABSENT
    if change.region is None and change.key[0] in OF_AN_ENVIRONMENT:
        return not (change.key == ("protected",) and change.after is True)
    return change.environment in protected and _is_looser(change)


def _is_looser(change: KeyChange) -> bool:
    looser = LOOSER.get(str(change.path[-1]))
    if looser is None:
        return False
    if ABSENT in (change.before, change.after):
        return True
    try:
        return looser(change.after, change.before)
    except TypeError:  # no number: the inventory is refused elsewhere
        return True


def _read(root: Path) -> dict[str, Any]:
    try:
        return plain_map(document.read_file(root / INVENTORY, INVENTORY.as_posix()).value)
    except UserError:
        return {}
