"""Where an environment deploys its modules: `units` of the inventory against placement and needs of the modules."""

from collections.abc import Collection, Iterator, Mapping

from meridian.inventory.model import RETIRING, Environment
from meridian.modules.contract import Contract
from meridian.modules.ledger import MODULE
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

Contracts = Mapping[str, Contract]


def read_units(source: Document, path: KeyPath, value: object) -> dict[str, bool | str]:
    """Return what `units` says of each module: true, false or `retiring`; record anything else."""
    units = source.read_map(path, value, "a map of modules to true or false, e.g. {queue: true}")
    for module, wish in units.items():
        if not MODULE.fullmatch(module):
            source.wrong((*path, module), "is not a module's name, e.g. queue.")
        if not isinstance(wish, bool) and wish != RETIRING:
            text = f"{quote(wish)} must be true, false, or {RETIRING} (set by `meridian remove-unit`)."
            source.wrong((*path, module), text)
    return units


def check_units(source: Document, environment: Environment, contracts: Contracts, modules: Collection[str]) -> None:
    """Record modules in `units` that the environment does not have; `modules` are all that there are."""
    path: KeyPath = ("environments", environment.name)
    _check_layer(source, (*path, "units"), environment, environment.units, contracts, modules)
    for region in environment.regions:
        inner = (*path, "regions", region.name, "units")
        _check_layer(source, inner, environment, region.units, contracts, modules)
        for module in region.units.keys() & contracts.keys():
            if contracts[module].placement == "primary_region" and region.name != environment.primary_region:
                text = f"has no effect here: {contracts[module].title} is only in the primary region. Set it there."
                source.wrong((*inner, module), text)


def _check_layer(
    source: Document,
    path: KeyPath,
    environment: Environment,
    units: Mapping[str, bool | str],
    contracts: Contracts,
    modules: Collection[str],
) -> None:
    for module, wish in units.items():
        inner = (*path, module)
        if module not in contracts:
            if module not in modules:
                known = sorted(modules)
                advice = did_you_mean(module, known) or f" Known: {join_words(known)}."
                source.wrong(inner, f"there is no such module.{advice}")
            elif wish is not False:
                text = "has no version here: add it to 'versions', or remove this line."
                source.wrong(inner, text if environment.versions is not None else "is not checked out in modules/.")
        elif contracts[module].applied_by:
            text = f"has no effect: `meridian {contracts[module].applied_by}` applies it, and 'access' switches it on."
            source.wrong(inner, text)


def check_needs(source: Document, environment: Environment, contracts: Contracts) -> None:
    """Record modules that are deployed where one that they need is not; an optional need may be absent."""
    for contract in contracts.values():
        for need in contract.needs.keys() - contract.optional_needs:
            where = [
                region
                for region in environment.region_names
                if environment.places(contract, region)
                and need in _wanted_needs(environment, region, contract)
                and need not in deployed_needs(environment, region, contract, contracts)
            ]
            if where:
                there = where[0] if contract.needs[need] == "same_region" else environment.primary_region
                gone = "retiring" if environment.retires(need, there) else "not deployed"
                text = (
                    f"{contract.title} in {join_words(where)} needs {need!r}, which is {gone} in {there}. "
                    f"Deploy it there ('units: {{{need}: true}}'), remove the need from {contract.module}, "
                    f"or switch {contract.module} off too."
                )
                source.wrong(_decisive(source, environment, need, there), text)


def deployed_needs(environment: Environment, region: str, contract: Contract, contracts: Contracts) -> list[str]:
    """Return the needs of a unit that are deployed where it looks for them.

    One that is being retired counts only for a unit that is retired with it.
    """
    return list(_deployed_needs(environment, region, contract, contracts))


def _deployed_needs(environment: Environment, region: str, contract: Contract, contracts: Contracts) -> Iterator[str]:
    for need, where in _wanted_needs(environment, region, contract).items():
        if need not in contracts or not environment.places(contracts[need], where):
            continue
        if environment.retires(contract.module, region) or not environment.retires(need, where):
            yield need


def _wanted_needs(environment: Environment, region: str, contract: Contract) -> dict[str, str]:
    """Return the region of each need that counts for a unit: not itself, and none whose condition does not hold."""
    found = {}
    for need, place in contract.needs.items():
        where = region if place == "same_region" else environment.primary_region
        condition = contract.conditions.get(need)
        if (need, where) != (contract.module, region) and (condition is None or environment.says(condition)):
            found[need] = where
    return found


def _decisive(source: Document, environment: Environment, module: str, region: str) -> KeyPath:
    """Return the path of the key that decides whether a module is in a region."""
    path: KeyPath = ("environments", environment.name)
    keys: tuple[KeyPath, ...] = ((*path, "regions", region, "units", module), (*path, "units", module))
    return next((key for key in keys if source.has(key)), (*path, "versions"))
