"""Merges the layers of a setting: defaults, protected value, environment, region; lists replace."""

from collections.abc import Iterable, Mapping
from typing import Any

from meridian.modules.conform import prune
from meridian.modules.sources import Setting

Layer = Mapping[str, Any]


def merge_layers(below: Any, above: Any) -> Any:
    """Return `above` over `below`; neither is changed, and keys of `below` come first."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    merged = dict(below)
    for key, value in above.items():
        merged[key] = merge_layers(merged[key], value) if key in merged else value
    return merged


def effective_value(setting: Setting, defaults: Layer, protected: bool, above: Iterable[Layer]) -> Any:
    """Return the value of a setting, or None if no layer sets it.

    Attributes that the module's version lacks are left out of the defaults; above them they are errors.
    """
    name = setting.name
    value = prune(defaults[name], setting.type) if name in defaults else None
    if protected and setting.protected is not None:
        value = merge_layers(value, setting.protected)
    for layer in above:
        if name in layer:
            value = merge_layers(value, layer[name])
    return value
