"""Edits of live/inventory.yaml as text: every byte outside of the edit stays."""

from collections.abc import Collection, Mapping, Sequence

from meridian.inventory.model import RETIRING
from meridian.inventory.retired_states import KEY as RETIRED_STATES
from meridian.modules.sources import ENVIRONMENT_KEYS, REGION_KEYS
from meridian.yamlfile.draft import Draft
from meridian.yamlfile.problems import KeyPath

NAME = "live/inventory.yaml"


def add_region(text: str, environment: str, region: str) -> str:
    """Return the inventory with a new region, the last of its environment, and without the region's tombstone.

    Raises UserError if the text cannot be edited with certainty. The caller checks that the edit makes sense.
    """
    draft = Draft(text, NAME)
    draft.insert(("environments", environment, "regions"), region, {})
    _remove_tombstone(draft, environment, region)
    return draft.done()


def retire_region(text: str, environment: str, region: str) -> str:
    """Return the inventory with `retiring: true` at a region. Raises UserError like `add_region`."""
    draft = Draft(text, NAME)
    draft.insert(("environments", environment, "regions", region), "retiring", True)
    return draft.done()


def remove_region(text: str, environment: str, region: str, date: str) -> str:
    """Return the inventory without a region, with a dated tombstone (`retired`) for it. Raises like `add_region`."""
    draft = Draft(text, NAME)
    draft.delete(("environments", environment, "regions", region))
    _add_tombstone(draft, environment, region, date)
    return draft.done()


def add_environment(text: str, name: str, like: str, account: str, primary: str, regions: Sequence[str]) -> str:
    """Return the inventory with a copy of an environment behind it, in its own account and regions.

    Raises UserError like `add_region`.
    """
    draft = Draft(text, NAME)
    draft.copy(("environments",), like, name)
    path: KeyPath = ("environments", name)
    draft.replace((*path, "account_id"), account)
    draft.replace((*path, "primary_region"), primary)
    present = list(draft.at((*path, "regions")))
    for region in regions:
        if region not in present:
            draft.insert((*path, "regions"), region, {})
        elif "retiring" in draft.at((*path, "regions", region)):
            draft.delete((*path, "regions", region, "retiring"))
    for region in present:
        if region not in regions:
            draft.delete((*path, "regions", region))
    if "retired" in draft.at(path):
        draft.delete((*path, "retired"))
    # Nothing is there yet that could be destroyed.
    for inner in _unit_layers(name, list(draft.at((*path, "regions"))), whole=True):
        for module, wish in draft.at(inner).get("units", {}).items():
            if wish == RETIRING:
                draft.replace((*inner, "units", module), False)
    return draft.done()


def retire_unit(text: str, environment: str, module: str, regions: Sequence[str], *, whole: bool) -> str:
    """Return the inventory with `retiring` for a module in regions, or with `whole` in the environment and these.

    Raises UserError like `add_region`.
    """
    draft = Draft(text, NAME)
    for path in _unit_layers(environment, regions, whole=whole):
        _set_unit(draft, path, module, RETIRING)
    return draft.done()


def remove_unit(
    text: str,
    environment: str,
    module: str,
    off: Mapping[str | None, bool],
    states: Sequence[str],
    date: str,
) -> str:
    """Return the inventory in which a module is off, with dated entries of `retired_states` for its states.

    `off` has the regions that name the module, None for the environment; true: `false` must stay there. A reason goes
    with the last difference that it explains. Raises UserError like `add_region`.
    """
    draft = Draft(text, NAME)
    for region, stays in off.items():
        path: KeyPath = ("environments", environment, *(("regions", region) if region else ()))
        if stays:
            _set_unit(draft, path, module, False)
        else:
            last = len(draft.at((*path, "units"))) == 1
            draft.delete((*path, "units") if last else (*path, "units", module))
            if last:
                _remove_idle_reason(draft, path, REGION_KEYS if region else ENVIRONMENT_KEYS)
    if RETIRED_STATES not in draft.value:
        draft.insert((), RETIRED_STATES, dict.fromkeys(states, date))
        return draft.done()
    for state in states:
        if state in draft.at((RETIRED_STATES,)):
            draft.replace((RETIRED_STATES, state), date)
        else:
            draft.insert((RETIRED_STATES,), state, date)
    return draft.done()


def _remove_idle_reason(draft: Draft, path: KeyPath, known: Collection[str]) -> None:
    """Remove the reason of an environment or region without `units`, unless it has settings: keys beside the known."""
    entry = draft.at(path)
    if "reason" in entry and not entry.keys() - known:
        draft.delete((*path, "reason"))


def set_owner(
    text: str, project: str, repository: str, accounts: dict[str, str], ids: Mapping[str, str] | None = None
) -> str:
    """Return the inventory with another project, repository, its ids and other accounts. Raises like `add_region`."""
    draft = Draft(text, NAME)
    draft.replace(("project",), project)
    draft.replace(("repository",), repository)
    if "repository_ids" in draft.value:
        draft.delete(("repository_ids",))
    if ids:
        draft.insert((), "repository_ids", dict(ids), after="repository")
    for environment, account in accounts.items():
        draft.replace(("environments", environment, "account_id"), account)
    return draft.done()


def set_versions(text: str, environment: str, versions: Mapping[str, str]) -> str:
    """Return the inventory with these versions of modules in an environment; a module that it lacks is added last.

    Raises UserError like `add_region`, KeyError unless the environment has a map of versions.
    """
    draft = Draft(text, NAME)
    path: KeyPath = ("environments", environment, "versions")
    for module, version in versions.items():
        if module in draft.at(path):
            draft.replace((*path, module), version)
        else:
            draft.insert(path, module, version)
    return draft.done()


def _unit_layers(environment: str, regions: Sequence[str], *, whole: bool) -> list[KeyPath]:
    path: KeyPath = ("environments", environment)
    return [*([path] if whole else []), *((*path, "regions", region) for region in regions)]


def _set_unit(draft: Draft, path: KeyPath, module: str, wish: str | bool) -> None:
    if "units" not in draft.at(path):
        draft.insert(path, "units", {module: wish}, after="versions" if "versions" in draft.at(path) else None)
    elif module in draft.at((*path, "units")):
        draft.replace((*path, "units", module), wish)
    else:
        draft.insert((*path, "units"), module, wish)


def _add_tombstone(draft: Draft, environment: str, region: str, date: str) -> None:
    path: KeyPath = ("environments", environment)
    if "retired" in draft.at(path):
        draft.insert((*path, "retired"), region, date)
    else:
        draft.insert(path, "retired", {region: date}, after="regions")


def _remove_tombstone(draft: Draft, environment: str, region: str) -> None:
    path: KeyPath = ("environments", environment)
    tombstones = draft.at(path).get("retired", {})
    if region in tombstones:
        draft.delete((*path, "retired", region) if len(tombstones) > 1 else (*path, "retired"))
