"""Checks the settings in an inventory against the modules that read them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meridian.inventory.layers import Layer, effective_value
from meridian.inventory.model import Environment
from meridian.inventory.rules import check_rules
from meridian.modules.conform import Mismatch, find_mismatches
from meridian.modules.contract import Contract
from meridian.modules.limits import find_violations
from meridian.modules.sources import ENVIRONMENT_KEYS, REGION_KEYS, Setting
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words

Consumers = Mapping[str, list[tuple[Contract, Setting]]]


def find_consumers(contracts: Iterable[Contract]) -> Consumers:
    """Return the modules that read each setting, by its key."""
    found: dict[str, list[tuple[Contract, Setting]]] = {}
    for contract in contracts:
        for name, settings in contract.settings.items():
            found.setdefault(name, []).extend((contract, setting) for setting in settings)
    return found


def check_environment(
    source: Document, environment: Environment, contracts: Mapping[str, Contract], newest: Mapping[str, Contract]
) -> None:
    """Record settings that no module reads, values that a module refuses, and regions that differ without a reason.

    `newest` are the modules of the working tree: what one of them decides with, an older version must not miss.
    """
    path: KeyPath = ("environments", environment.name)
    in_primary, everywhere = _consumers(contracts)
    absent = {name: one.module for one in newest.values() if one.module not in contracts for name in one.settings}
    _check_layer(source, path, environment.settings, in_primary, ENVIRONMENT_KEYS, {}, absent)
    for contract in contracts.values():
        unknown = newest[contract.module].deciding - contract.settings.keys() if contract.module in newest else set()
        for name in unknown & environment.settings.keys() & in_primary.keys():
            text = f"{contract.title} does not have it, and would not do what the others take it for. Use a newer one."
            source.wrong((*path, name), text)
    deciding = {name for contract in contracts.values() for name in contract.deciding}
    for region in environment.regions:
        inner = (*path, "regions", region.name)
        for name in region.settings.keys() & deciding:
            source.wrong((*inner, name), "holds for the whole environment: set it there, not in a region.")
        if region.settings and region.reason is None:
            source.wrong(inner, f"sets {join_words(region.settings)} differently; say why: 'reason' is missing.")
        known = in_primary if region.name == environment.primary_region else everywhere
        _check_layer(source, inner, region.settings, known, REGION_KEYS, in_primary, absent)


def _consumers(contracts: Mapping[str, Contract]) -> tuple[Consumers, Consumers]:
    """Return the modules by setting in the primary region, and in every other."""
    everywhere = [one for one in contracts.values() if one.placement == "every_region"]
    return find_consumers(contracts.values()), find_consumers(everywhere)


def _check_layer(
    source: Document,
    path: KeyPath,
    layer: Layer,
    known: Consumers,
    structural: Iterable[str],
    elsewhere: Consumers,
    absent: Mapping[str, str],
) -> None:
    """Record what is wrong with one layer.

    `structural` are the other keys allowed here, `elsewhere` the modules in the primary region by setting, `absent`
    the module without a version here by setting.
    """
    for name, value in layer.items():
        inner = (*path, name)
        if name in known:
            _record(source, inner, [(one, found) for one, kind in known[name] for found in _against(value, one, kind)])
        elif name in elsewhere:
            title = elsewhere[name][0][0].title
            source.wrong(inner, f"has no effect here: {title} is only in the primary region. Set it there.")
        elif name in absent:
            source.wrong(inner, f"{absent[name]} reads it, and has no version here: add it to 'versions'.")
        else:
            words = sorted({*known, *structural})
            advice = did_you_mean(name, words) or f" Known: {join_words(words)}."
            source.wrong(inner, f"there is no such key here.{advice}")


def check_defaults(source: Document, defaults: Layer, known: Consumers) -> None:
    """Record defaults that no version in use knows, and values that one refuses; the other versions leave them out."""
    for name, value in defaults.items():
        path = ("defaults", name)
        if name not in known:
            advice = did_you_mean(name, known) or f" Known: {join_words(sorted(known))}."
            source.wrong(path, f"no module has a setting of that name.{advice}")
            continue
        if any(name in contract.deciding for contract, _ in known[name]):
            source.wrong(path, "is chosen for each environment: set it there.")
        found = [(contract, list(_against(value, contract, setting))) for contract, setting in known[name]]
        unknown = [{one.path for one in several if one.kind == "unknown"} for _, several in found]
        nowhere = set.intersection(*unknown)
        all_found = [(contract, one) for contract, several in found for one in several]
        _record(source, path, [pair for pair in all_found if pair[1].kind != "unknown" or pair[1].path in nowhere])


def check_merged(
    source: Document, defaults: Layer, environment: Environment, contracts: Mapping[str, Contract]
) -> None:
    """Record what the modules of an environment lack or refuse once all layers are merged; call it for sound layers."""
    path: KeyPath = ("environments", environment.name)
    others = [one for one in environment.regions if one.name != environment.primary_region]
    # Regions without settings and units of their own are alike: one stands for all.
    alike = [one for one in others if not one.settings and not one.units]
    for region in environment.regions:
        if region in alike[1:]:
            continue
        above = {path: environment.settings, (*path, "regions", region.name): region.settings}
        placed = [one for one in contracts.values() if environment.places(one, region.name)]
        for name, several in find_consumers(placed).items():
            _check_value(source, name, several, defaults, environment.protected, above)
        for contract in placed:
            check_rules(source, contract, region, environment, defaults, contracts)


def _check_value(
    source: Document,
    name: str,
    several: Iterable[tuple[Contract, Setting]],
    defaults: Layer,
    protected: bool,
    above: Mapping[KeyPath, Layer],
) -> None:
    """Record what a setting lacks; `above` are the layers of environment and region by key path."""
    setters = [path for path, layer in above.items() if name in layer]
    for contract, setting in several:
        value = effective_value(setting, defaults, protected, above.values())
        if value is None:
            if setting.required:
                source.wrong(next(iter(above)), f"nothing sets {name!r}, which {contract.title} needs.")
            continue
        where: KeyPath = (*setters[-1], name) if setters else ("defaults", name)
        missing = [one for one in find_mismatches(value, setting.type, whole=True) if one.kind == "missing"]
        _record(source, where, [(contract, one) for one in missing])


def _record(source: Document, path: KeyPath, found: Iterable[tuple[Contract, Mismatch]]) -> None:
    """Record the mismatches below a key, once for all modules and versions with the same message."""
    titles: dict[tuple[KeyPath, str], dict[str, None]] = {}
    for contract, mismatch in found:
        titles.setdefault((mismatch.path, mismatch.text), {})[contract.title] = None
    for (inner, text), several in titles.items():
        source.wrong((*path, *inner), f"{join_words(several)}: {text}")


def _against(value: Any, contract: Contract, setting: Setting) -> Iterator[Mismatch]:
    """Yield where a layer's value breaks the setting's type or the module's limits."""
    yield from find_mismatches(value, setting.type, whole=False)
    yield from find_violations(value, setting.name, contract.limits)
