"""Checks the settings in an inventory against the modules that read them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meridian.inventory.layers import Layer, effective_value
from meridian.modules.conform import Mismatch, find_mismatches
from meridian.modules.contract import Contract
from meridian.modules.limits import find_violations
from meridian.modules.sources import Setting
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


def check_settings(
    source: Document, path: KeyPath, layer: Layer, known: Consumers, structural: Iterable[str], elsewhere: Consumers
) -> None:
    """Record settings that no module here reads, and values that a module refuses.

    `structural` are the other keys allowed here, `elsewhere` the modules in the primary region by setting.
    """
    for name, value in layer.items():
        inner = (*path, name)
        several = known.get(name, [])
        _record(source, inner, [(one, found) for one, setting in several for found in _against(value, one, setting)])
        if several:
            continue
        if name in elsewhere:
            title = elsewhere[name][0][0].title
            source.wrong(inner, f"has no effect here: {title} is only in the primary region. Set it there.")
        else:
            words = sorted({*known, *structural})
            source.wrong(
                inner, f"there is no such key here.{did_you_mean(name, words) or f' Known: {join_words(words)}.'}"
            )


def check_defaults(source: Document, path: KeyPath, layer: Layer, known: Consumers) -> None:
    """Like `check`, but accept what at least one version in use knows: the others leave it out."""
    for name, value in layer.items():
        inner = (*path, name)
        if name not in known:
            word = did_you_mean(name, known)
            source.wrong(
                inner, f"no module has a setting of that name.{word or f' Known: {join_words(sorted(known))}.'}"
            )
            continue
        found = [(contract, list(_against(value, contract, setting))) for contract, setting in known[name]]
        unknown = [{one.path for one in several if one.kind == "unknown"} for _, several in found]
        nowhere = set.intersection(*unknown)
        all_found = [(contract, one) for contract, several in found for one in several]
        _record(source, inner, [pair for pair in all_found if pair[1].kind != "unknown" or pair[1].path in nowhere])


def check_merged(
    source: Document, path: KeyPath, defaults: Layer, protected: bool, above: Mapping[KeyPath, Layer], known: Consumers
) -> None:
    """Record what an environment (at `path`) lacks after merging its layers; `above` holds them by key path."""
    for name, several in known.items():
        setters = [path for path, layer in above.items() if name in layer]
        for contract, setting in several:
            value = effective_value(setting, defaults, protected, above.values())
            if value is None:
                if setting.required:
                    source.wrong(path, f"nothing sets {name!r}, which {contract.title} needs.")
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
