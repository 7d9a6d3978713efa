"""The files that an inventory renders: where each is, and the values that its template needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meridian.inventory.model import Environment, Inventory
from meridian.inventory.placement import deployed_needs
from meridian.modules.conform import find_mismatches
from meridian.modules.contract import Contract
from meridian.modules.sources import DECLARED_LISTS, Deployed, FromEnvironment, leaves
from meridian.render import units
from meridian.yamlfile.problems import KeyPath, format_path, join_words

UNIT = "terragrunt.hcl"
ENVIRONMENT = "env.hcl"
ROOT = "terragrunt.hcl"


@dataclass(frozen=True)
class PlannedFile:
    """One file: its path in the repository, its template, and the template's context."""

    path: str
    template: str
    context: Mapping[str, Any]


def plan_files(inventory: Inventory, contracts: Mapping[str, Mapping[str, Contract]]) -> list[PlannedFile]:
    """Return the files of an inventory, sorted by path; `contracts` are the modules of each environment."""
    engine = inventory.engine
    files = [PlannedFile(ROOT, "root.hcl", {"program": engine.program, "oldest": f">= {engine.oldest}"})]
    for environment in inventory.environments:
        files.append(_environment(inventory, environment))
        files += _units(inventory, environment, contracts[environment.name])
    return sorted(files, key=lambda file: file.path)


def _units(inventory: Inventory, environment: Environment, contracts: Mapping[str, Contract]) -> list[PlannedFile]:
    files: list[PlannedFile] = []
    # A unit does not name its region, so regions without settings of their own share their units.
    alike: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for region in environment.regions:
        for module, contract in contracts.items():
            if not environment.places(contract, region.name):
                continue
            differs = region.settings or region.retiring or region.units
            key = (module, *deployed_needs(environment, region.name, contract, contracts))
            context = None if differs else alike.get(key)
            if context is None:
                context = units.unit_context(inventory, environment, region, contract, contracts)
            if not differs:
                alike[key] = context
            files.append(PlannedFile(f"live/{environment.name}/{region.name}/{module}/{UNIT}", UNIT, context))
    return files


def _environment(inventory: Inventory, environment: Environment) -> PlannedFile:
    facts: dict[str, Any] = {
        "account_id": environment.account_id,
        "environment": environment.name,
        "partition": environment.partition,
        "prefix": environment.prefix,
        "primary_region": environment.primary_region,
        "project": inventory.project,
        "protected": environment.protected,
        "repository": inventory.repository,
        "state_bucket": environment.state_bucket,
        "state_key_arn": environment.state_key_arn,
    }
    if region := environment.state_copy:
        copy = environment.copy
        facts["state_copy"] = {region: {"bucket": copy.state_bucket, "key_arn": copy.state_key_arn}}
    return PlannedFile(f"live/{environment.name}/{ENVIRONMENT}", ENVIRONMENT, {"locals": facts})


def find_notices(
    inventory: Inventory, contracts: Mapping[str, Mapping[str, Contract]], newest: Mapping[str, Contract] | None = None
) -> list[str]:
    """Return one sentence for each default, right, function or unit that a module's version does not read.

    And one for each setting that only modules without a unit read. `newest` are the modules of the working tree.
    """
    # The defaults were checked against the working tree: only a pinned version can lack one.
    notices = [
        f"{format_path(('defaults', name, *mismatch.path))}: left out in {environment.name}, {contract.title} lacks it."
        for environment in inventory.environments
        for contract in contracts[environment.name].values()
        for name, settings in contract.settings.items()
        if contract.release and name in inventory.defaults
        for setting in settings
        for mismatch in find_mismatches(inventory.defaults[name], setting.type, whole=False)
        if mismatch.kind == "unknown"
    ]
    for one in inventory.environments:
        here = contracts[one.name]
        notices += [*_unread(inventory, one, here), *_idle(one, here), *_unasked(one, here, newest or {})]
    return notices


def _idle(environment: Environment, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Yield a sentence for each setting of an environment or a region whose modules are all switched off there."""
    path: KeyPath = ("environments", environment.name)
    layers = [(path, environment.settings, environment.region_names)]
    layers += [((*path, "regions", one.name), one.settings, (one.name,)) for one in environment.regions]
    for where, settings, regions in layers:
        for name in settings:
            readers = [one for one in contracts.values() if name in one.settings]
            if not any(environment.places(one, region) for one in readers for region in regions):
                switch = ", ".join(f"{one.module}: true" for one in readers)
                text = "has no effect: what reads it is off here. Switch on what you need:"
                yield f"{format_path((*where, name))} {text} `units: {{{switch}}}`."


def _unasked(
    environment: Environment, contracts: Mapping[str, Contract], newest: Mapping[str, Contract]
) -> Iterator[str]:
    """Yield a sentence for each version that takes no notice of a unit for which its newest one looks."""
    for contract in contracts.values():
        there = _looked_for(newest[contract.module]) if contract.module in newest else set()
        for module in sorted((there - _looked_for(contract)) & contracts.keys()):
            if any(environment.places(contracts[module], region) for region in environment.region_names):
                text = f"{contract.title} takes no notice of {module}, which is on. Use a newer version of it."
                yield f"{environment.name}: {text}"


def _looked_for(contract: Contract) -> set[str]:
    found = [leaf for source in contract.inputs.values() for leaf in leaves(source)]
    return {leaf.module for leaf in found if isinstance(leaf, Deployed)}


def _unread(inventory: Inventory, environment: Environment, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Yield a sentence for what modules declare and the one that makes the roles of pipelines does not read."""
    placed = [
        one for one in contracts.values() if any(environment.places(one, region) for region in environment.region_names)
    ]
    for roles in (one for one in placed if one.applied_by):
        found = [leaf for source in roles.inputs.values() for leaf in leaves(source)]
        read = {leaf.field for leaf in found if isinstance(leaf, FromEnvironment)}
        for key in DECLARED_LISTS:
            if key not in read and (names := [one.module for one in placed if getattr(one, key)]):
                text = f"{environment.name}: {roles.title} does not read the {key} of {join_words(names)}"
                yield f"{text}, so the pipelines' roles lack them. {_newer(inventory, environment, roles, key)}"


def _newer(inventory: Inventory, environment: Environment, roles: Contract, key: str) -> str:
    """Return what makes a module read a key of the others."""
    names = [one.name for one in inventory.environments]
    place = names.index(environment.name)
    if not roles.release:
        return f"Write `{key}: {{environment: {key}}}` into the inputs of modules/{roles.module}/unit.yaml."
    if place == 0:
        return f"Name a newer version of {roles.module} in `versions`."
    return f"Run `meridian promote {names[place - 1]} {environment.name} --module {roles.module}`."
