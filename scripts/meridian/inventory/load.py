"""Loads live/inventory.yaml as an Inventory and reports all its problems together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from meridian.errors import MeridianError, combine_errors
from meridian.inventory import names, settings
from meridian.inventory.environments import EnvironmentReader
from meridian.inventory.model import Inventory
from meridian.modules.contract import SENTINEL
from meridian.modules.library import Library
from meridian.yamlfile import document
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote
from meridian.yamlfile.values import read_map, read_text

KEYS = ("project", "repository", "defaults", "environments")
REQUIRED = ("project", "repository", "environments")


def load_inventory(path: Path, library: Library | None = None) -> Inventory:
    """Return the inventory in <root>/live/inventory.yaml, checked against the modules of the root.

    Raises UserError with one line `file:line: key path: problem` for each problem, sorted by line,
    and the error of a module that cannot be read.
    """
    path = path.absolute()
    source = document.read_file(path, f"{path.parent.name}/{path.name}")
    return check_inventory(source, library or Library(path.parent.parent))


def check_inventory(source: Document, modules: Library) -> Inventory:
    """Return the inventory in a document, checked against modules; raises like `load`."""
    inventory, readers = _inventory(source, modules)
    failures = [reader.failure for reader in readers if reader.failure]
    if not failures:
        failures = _check_defaults(source, inventory.defaults, modules)
    if not source.problems.found and not failures:
        for reader in readers:
            reader.check_merged()
    source.problems.require_none()
    if failures:
        raise combine_errors(failures)
    return inventory


def _inventory(source: Document, library: Library) -> tuple[Inventory, list[EnvironmentReader]]:
    top = source.value
    for key in top:
        if key not in KEYS:
            source.wrong(
                (key,), f"there is no such key here.{did_you_mean(key, KEYS) or f' Known: {join_words(KEYS)}.'}"
            )
    for key in REQUIRED:
        if not source.has((key,)):
            source.problems.add(1, (), f"{key!r} is missing.")
    project = read_text(source, top, ("project",), names.check_name)
    repository = read_text(source, top, ("repository",), names.check_repository)
    defaults = read_map(source, ("defaults",), top.get("defaults"), "a map of settings")
    entries = read_map(source, ("environments",), top.get("environments"), "a map of environments")
    if isinstance(top.get("environments"), dict) and not source.has_below(("environments",)):
        source.wrong(("environments",), "must hold at least one environment, e.g. dev.")
    readers = [EnvironmentReader(source, library, project, name) for name in entries]
    environments = [reader.read(entries[reader.name], defaults) for reader in readers]
    _check_accounts(source, entries)
    _refuse_sentinel(source, top, ())
    return Inventory(project, repository, defaults, tuple(environments)), readers


def _check_accounts(source: Document, entries: Mapping[str, Any]) -> None:
    seen: dict[str, str] = {}
    for name, entry in entries.items():
        account = entry.get("account_id") if isinstance(entry, dict) else None
        if not isinstance(account, str):
            continue
        if account in seen:
            path = ("environments", name, "account_id")
            source.wrong(path, f"{quote(account)} is already the account of {seen[account]}; each has its own.")
        seen.setdefault(account, name)


def _refuse_sentinel(source: Document, value: Any, path: KeyPath) -> None:
    """Record every value and key that holds the mocks' sentinel: `apply` would mistake it for a mock (ADR 0006)."""
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_sentinel(source, key, (*path, key))
            _refuse_sentinel(source, item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_sentinel(source, item, (*path, index))
    elif isinstance(value, str) and SENTINEL in value:
        text = f"holds {SENTINEL!r}, which marks a mock: `meridian apply` would refuse every plan with it."
        source.wrong(path, f"{quote(value)} {text} Use another value.")


def _check_defaults(source: Document, defaults: Mapping[str, Any], library: Library) -> list[MeridianError]:
    """Check the defaults against what is checked out and against every version in use."""
    try:
        used = library.in_use()
    except MeridianError as error:
        return [error]
    settings.check_defaults(source, ("defaults",), defaults, settings.find_consumers(used))
    return []
