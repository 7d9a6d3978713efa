"""The `versions` of an environment: the working tree, or released versions of modules."""

from collections.abc import Mapping
from typing import Any

from meridian.modules.contract import Contract
from meridian.modules.ledger import VERSION
from meridian.modules.library import Library
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, quote

WORKING_TREE = "working-tree"


def pinned_contracts(source: Document, library: Library, path: KeyPath, value: Any) -> Mapping[str, Contract] | None:
    """Return the modules that `versions` names; None after what is wrong was recorded.

    Raises UserError if a module cannot be read or the modules do not fit together.
    """
    if value == WORKING_TREE:
        if not library.checked_out:
            source.wrong(path, "no module is checked out: modules/ has none with a unit.yaml.")
            return None
        return library.contracts(None)
    if isinstance(value, dict) and source.has_below(path) and not value:
        return None
    if not isinstance(value, dict) or not value:
        source.wrong(path, f"{quote(value)} must be {WORKING_TREE} or a map of versions, e.g. {{data: 1.0.0}}.")
        return None
    sound = True
    for module, version in value.items():
        if not isinstance(version, str) or not VERSION.fullmatch(version):
            text = f"{quote(version)} is not a version, e.g. 1.0.0."
        else:
            text = library.unreleased(module, version) or ""
        if text:
            source.wrong((*path, module), text)
            sound = False
    if not sound or _needs_more(source, library, path, value):
        return None
    return library.contracts(value)


def _needs_more(source: Document, library: Library, path: KeyPath, versions: Mapping[str, str]) -> bool:
    more = False
    for module, version in versions.items():
        contract = library.contract(module, version)
        for need in contract.needs:
            if need not in versions:
                source.wrong((*path, module), f"{contract.title} needs {need!r}, which has no version here.")
                more = True
    return more
