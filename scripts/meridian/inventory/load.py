"""Loads live/inventory.yaml as an Inventory and reports its problems together, with file and line.

Each step needs the one before: plain YAML, names and regions, released versions, settings, settings after merging.
"""

from pathlib import Path
from typing import Any

from meridian.engines import ENGINES, TERRAFORM, Engine
from meridian.inventory import names, placement, settings
from meridian.inventory.environments import read_environment
from meridian.inventory.model import Environment, Inventory
from meridian.inventory.retired_states import KEY as RETIRED_STATES
from meridian.inventory.retired_states import read_retired_states
from meridian.modules.contract import SENTINEL
from meridian.modules.library import Library
from meridian.yamlfile import document
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

IDS = "repository_ids"
KEYS = ("project", "repository", IDS, "engine", "defaults", "environments", RETIRED_STATES)
IDS_OF = ("owner", "repository")
REQUIRED = ("project", "repository", "environments")


def load_inventory(path: Path, library: Library | None = None) -> Inventory:
    """Return the inventory in <root>/live/inventory.yaml, checked against the modules of the root.

    Raises UserError with one line `file:line: key path: problem` for each problem of a step, sorted by line,
    and the error of a module that cannot be read.
    """
    path = path.absolute()
    source = document.read_file(path, f"{path.parent.name}/{path.name}")
    return check_inventory(source, library or Library(path.parent.parent))


def check_inventory(source: Document, modules: Library) -> Inventory:
    """Return the inventory in a document, checked against modules; raises like `load_inventory`."""
    inventory = _read_inventory(source)
    source.problems.require_none()
    for environment in inventory.environments:
        _check_versions(source, modules, environment)
    source.problems.require_none()
    contracts = {one.name: modules.contracts(one.versions) for one in inventory.environments}
    for environment in inventory.environments:
        if environment.oidc_provider and not any(one.applied_by for one in contracts[environment.name].values()):
            text = "has no effect: 'versions' lacks the module that makes the roles, e.g. access."
            source.wrong(("environments", environment.name, "access"), text)
    everything = {*modules.checked_out, *(module for module, _ in modules.releases)}
    for environment in inventory.environments:
        placement.check_units(source, environment, contracts[environment.name], everything)
        placement.check_needs(source, environment, contracts[environment.name])
    source.problems.require_none()
    used = settings.find_consumers(modules.in_use())
    settings.check_defaults(source, inventory.defaults, used)
    for environment in inventory.environments:
        settings.check_environment(source, environment, contracts[environment.name], modules.contracts(None))
    source.problems.require_none()
    for environment in inventory.environments:
        settings.check_merged(source, inventory.defaults, environment, contracts[environment.name])
    source.problems.require_none()
    return inventory


def _read_inventory(source: Document) -> Inventory:
    top = source.value
    for key in top:
        if key not in KEYS:
            known = did_you_mean(key, KEYS) or f" Known: {join_words(KEYS)}."
            source.wrong((key,), f"there is no such key here.{known}")
    for key in REQUIRED:
        if key not in top:
            source.problems.add(1, (), f"{key!r} is missing.")
    project = source.read_text(top, ("project",), names.check_name)
    repository = source.read_text(top, ("repository",), names.check_repository)
    engine = _read_engine(source, top)
    defaults = source.read_map(("defaults",), top.get("defaults"), "a map of settings")
    wanted = "a map of at least one environment, e.g. {dev: {...}}"
    entries = source.read_map(("environments",), top.get("environments"), wanted, filled=True)
    environments: list[Environment] = []
    subject = _read_subject(source, repository, top.get(IDS))
    for name, value in entries.items():
        entry = source.read_map(("environments", name), value, "a map with the environment's account and regions")
        environments.append(read_environment(source, project, name, entry, engine=engine, subject=subject))
    if not subject:
        _refuse_access(source, environments)
    retired = read_retired_states(source, top.get(RETIRED_STATES))
    _check_accounts(source, environments)
    _refuse_sentinel(source, top, ())
    return Inventory(project, repository, defaults, tuple(environments), retired, engine)


def _read_engine(source: Document, top: dict[str, Any]) -> Engine:
    name = top.get("engine", TERRAFORM.name)
    if isinstance(name, str) and name in ENGINES:
        return ENGINES[name]
    source.wrong(("engine",), f"{quote(name)} must be {' or '.join(ENGINES)}.")
    return TERRAFORM


def _read_subject(source: Document, repository: str, ids: Any) -> str:
    """Return the repository as GitHub's tokens name it, with the inventory's ids; empty if it is elsewhere."""
    name = names.github_name(repository) or ""
    if ids is None:
        return name
    found = source.read_map((IDS,), ids, 'a map of ids, e.g. {owner: "123", repository: "456"}')
    for key in found:
        if key not in IDS_OF:
            source.wrong((IDS, key), f"there is no such key here.{did_you_mean(key, IDS_OF)}")
    for key in IDS_OF:
        if key not in found:
            source.wrong((IDS,), f"{key!r} is missing.")
    owner, number = (source.read_text(found, (IDS, key), names.check_id) for key in IDS_OF)
    first, _, last = name.partition("/")
    return f"{first}@{owner}/{last}@{number}" if name else ""


def _refuse_access(source: Document, environments: list[Environment]) -> None:
    for one in environments:
        if one.oidc_provider is not None:
            text = "needs a repository at https://github.com/OWNER/NAME: the roles trust only tokens of GitHub."
            source.wrong(("environments", one.name, "access"), text)


def _check_accounts(source: Document, environments: list[Environment]) -> None:
    seen: dict[str, str] = {}
    for one in environments:
        first = seen.setdefault(one.account_id, one.name)
        if one.account_id and first != one.name:
            path = ("environments", one.name, "account_id")
            source.wrong(path, f"{quote(one.account_id)} is already the account of {first}; each has its own.")


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


def _check_versions(source: Document, library: Library, environment: Environment) -> None:
    """Record versions that were not released, and modules without the modules that they need."""
    path: KeyPath = ("environments", environment.name, "versions")
    if environment.versions is None:
        if not library.checked_out:
            source.wrong(path, "no module is checked out: modules/ has none with a unit.yaml.")
        return
    for module, version in environment.versions.items():
        if text := library.unreleased(module, version):
            source.wrong((*path, module), text)
            continue
        contract = library.contract(module, version)
        for need in sorted(contract.needs.keys() - contract.optional_needs):
            if need not in environment.versions:
                source.wrong((*path, module), f"{contract.title} needs {need!r}, which has no version here.")
