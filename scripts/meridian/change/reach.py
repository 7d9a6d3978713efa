"""Which units a changed key of the inventory reaches, and the change in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from meridian.change.inventory_change import ABSENT, KeyChange, Plain, plain_map
from meridian.inventory.layers import Layer, effective_value
from meridian.modules.contract import Contract
from meridian.modules.sources import ENVIRONMENT_KEYS, REGION_KEYS, Choice, Deployed, FromEnvironment, Setting, leaves
from meridian.yamlfile.problems import KeyPath

OF_ALL = (("project",), ("repository",))
OF_ENVIRONMENT = (("account_id",), ("primary_region",))
"""Keys that every unit reads through env.hcl: they are in its provider, its tags or the place of its state."""
FACTS = {
    "access": {"oidc_provider", "permissions_boundary"},
    "permissions_boundary": {"company_boundary", "permissions_boundary"},
    "role_path": {"role_path"},
    "regions": {"region_names"},
    "repository_ids": {"subject"},
    "state_copy": {"state_copy", "state_copy_bucket"},
}
"""The facts of an environment that come from a key, beside those of OF_ALL and OF_ENVIRONMENT."""


@dataclass(frozen=True)
class Place:
    """A unit of the inventory."""

    environment: str
    region: str
    contract: Contract


def reaches_whole(change: KeyChange, environment: str) -> bool:
    """Return whether a changed key reaches every unit of an environment."""
    if change.environment is None:
        return change.path in OF_ALL
    return change.environment == environment and change.region is None and change.key in OF_ENVIRONMENT


def find_reasons(change: KeyChange, place: Place, before: Plain, after: Plain) -> Iterator[str]:
    """Yield in words why a changed key reaches the inputs or the source of a unit; nothing if it does not."""
    if change.environment not in {None, place.environment}:
        return
    if _reaches_fact(change, place):
        yield describe(change)
    elif change.key and change.region in {None, place.region}:
        yield from _of_key(change, place, before, after)


def _of_key(change: KeyChange, place: Place, before: Plain, after: Plain) -> Iterator[str]:
    key = change.key
    if change.environment and not change.region and key[0] in ENVIRONMENT_KEYS:
        pinned = key == ("versions", place.contract.module)
        if pinned or (key == ("protected",) and _depends_on_protection(place)) or _reaches_need(key, place):
            yield describe(change)
    elif change.region and key[0] in REGION_KEYS:
        if (key == ("retiring",) and _depends_on_protection(place)) or _reaches_need(key, place):
            yield describe(change)
    elif change.environment or change.path[0] == "defaults":
        for setting in place.contract.settings.get(str(key[0]), []):
            yield from _of_setting(change, setting, _layers(before, place), _layers(after, place))


def _reaches_fact(change: KeyChange, place: Place) -> bool:
    """Return whether a changed key is a fact of the environment that an input of a unit is."""
    if change.region:
        # A region that comes or goes.
        return not change.key and _reads(place, FACTS["regions"])
    key = str(change.key[0]) if change.environment and change.key else str(change.path[0])
    return _reads(place, FACTS.get(key, set()))


def describe(change: KeyChange) -> str:
    """Return a change in words: `dev.versions.compute: 1.2.0 -> 1.3.0`, `dev.regions.eu-west-1: added`."""
    if not change.key:
        return f"{change.name}: {'added' if change.before is ABSENT else 'removed'}"
    return f"{change.name}: {_scalar(change.before, 'not set')} -> {_scalar(change.after, 'not set')}"


def _reads(place: Place, fields: set[str]) -> bool:
    """Return whether an input of a unit is one of these facts of its environment."""
    found = [leaf for source in place.contract.inputs.values() for leaf in leaves(source)]
    return any(isinstance(leaf, FromEnvironment) and leaf.field in fields for leaf in found)


def _reaches_need(key: KeyPath, place: Place) -> bool:
    """Return whether a key of `units` decides about a unit's protection, or about a module that an input depends on."""
    found = [leaf for source in place.contract.inputs.values() for leaf in leaves(source)]
    asked = {leaf.module for leaf in found if isinstance(leaf, Deployed)}
    asked |= place.contract.conditions.keys()
    return key[0] == "units" and key[-1] in {place.contract.module, *place.contract.optional_needs, *asked}


def _depends_on_protection(place: Place) -> bool:
    """Return whether inputs of a unit depend on whether its environment is protected."""
    return any(
        isinstance(leaf, Choice) or (isinstance(leaf, Setting) and leaf.protected is not None)
        for source in place.contract.inputs.values()
        for leaf in leaves(source)
    )


@dataclass(frozen=True)
class _Layers:
    """The layers of a unit: defaults, environment, region."""

    layers: Sequence[Layer]
    protected: bool

    def value(self, setting: Setting, key: KeyPath, level: int = 2) -> Any:
        """Return the value at a key after merging the layers up to a level (0: defaults)."""
        above = self.layers[1 : level + 1]
        merged = effective_value(setting, self.layers[0], self.protected and level > 0, above)
        return _at({setting.name: merged}, key)

    def is_set_above(self, setting: Setting, key: KeyPath, level: int) -> bool:
        """Return whether a layer above a level sets a key."""
        above = [*self.layers[level + 1 :]]
        if level == 0 and self.protected:
            above.append({setting.name: setting.protected})
        return any(_at(layer, key) is not ABSENT for layer in above)


def _layers(inventory: Plain, place: Place) -> _Layers:
    environment = plain_map(plain_map(inventory.get("environments")).get(place.environment))
    region = plain_map(plain_map(environment.get("regions")).get(place.region))
    defaults, protected = plain_map(inventory.get("defaults")), environment.get("protected") is True
    own = {key: one for key, one in environment.items() if key not in ENVIRONMENT_KEYS}
    return _Layers((defaults, own, {key: one for key, one in region.items() if key not in REGION_KEYS}), protected)


def _of_setting(change: KeyChange, setting: Setting, old: _Layers, new: _Layers) -> Iterator[str]:
    key = change.key
    if old.value(setting, key) == new.value(setting, key):
        return
    level = 2 if change.region else 1 if change.environment else 0
    if old.is_set_above(setting, key, level) and new.is_set_above(setting, key, level):
        return
    was, becomes = (
        _scalar(raw, "") or f"{_scalar(layers.value(setting, key, level), 'default of the module')} (inherited)"
        for raw, layers in ((change.before, old), (change.after, new))
    )
    yield f"{change.name}: {was} -> {becomes}"


def _at(value: Any, path: KeyPath) -> Any:
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return ABSENT
        value = value[key]
    return ABSENT if value is None else value


def _scalar(value: Any, absent: str) -> str:
    """Return a value as YAML on one line."""
    if value is ABSENT:
        return absent
    text = yaml.dump(value, Dumper=yaml.CSafeDumper, default_flow_style=True, width=10_000, sort_keys=False)
    return text.removesuffix("...\n").strip()
