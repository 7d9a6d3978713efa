"""The values that the template of a unit needs, from the inventory and the module's contract."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from meridian.inventory.layers import effective_value
from meridian.inventory.model import Environment, Inventory, Region
from meridian.inventory.placement import deployed_needs
from meridian.modules.contract import Contract
from meridian.modules.manifest import BUILDERS
from meridian.modules.rights import Right
from meridian.modules.sources import (
    DECLARED_LISTS,
    Choice,
    Deployed,
    FromEnvironment,
    FromInventory,
    FromOutput,
    Nested,
    Setting,
    Source,
    leaves,
)
from meridian.render.hcl import Expression

MOCK_COMMANDS = ["init", "validate", "plan", "show", "output", "destroy"]
# Terraform reads the package's hash in each of these.
PACKAGE_COMMANDS = ["validate", "plan", "apply", "destroy", "import", "refresh"]
READS = re.compile(r'^  config_path = "([^"]+)"$', re.MULTILINE)
"""The paths to the units whose outputs a rendered unit reads."""
NULL = Expression("null")
"""The output of a module that is not deployed here; lists leave it out."""
_ABSENT = object()


@dataclass(frozen=True)
class Scope:
    """One unit: what its inputs are made of; `needs` are the needed modules that are deployed."""

    inventory: Inventory
    environment: Environment
    region: Region
    contract: Contract
    needs: Sequence[str]
    contracts: Mapping[str, Contract]


def unit_context(
    inventory: Inventory,
    environment: Environment,
    region: Region,
    contract: Contract,
    contracts: Mapping[str, Contract],
) -> dict[str, Any]:
    """Return the values for the template of a unit."""
    outputs = _outputs(contract)
    needs = deployed_needs(environment, region.name, contract, contracts)
    return {
        "source": _source(inventory, contract),
        "comment": f" # {contract.title}" if contract.release else "",
        "applied_by": contract.applied_by,
        "package_hook": _package_hook(contract),
        "dependencies": [
            {
                "name": module,
                "path": _path(environment, contract, module),
                "mocks": {name: contracts[module].mocks[name] for name in outputs[module]},
            }
            for module in needs
            if module in outputs
        ],
        "mock_commands": MOCK_COMMANDS,
        "ordered_after": [_path(environment, contract, module) for module in needs if module not in outputs],
        "inputs": _inputs(Scope(inventory, environment, region, contract, needs, contracts)),
    }


def _source(inventory: Inventory, contract: Contract) -> str:
    if contract.release is None:
        # Terragrunt copies modules/ only, and a module can still refer to its siblings.
        return Expression(f'"${{get_repo_root()}}/modules//{contract.module}"')
    return f"git::{inventory.repository}//modules/{contract.module}?ref={contract.release.commit}"


def _package_hook(contract: Contract) -> dict[str, list[str]] | None:
    if contract.package is None:
        return None
    execute = [*BUILDERS[PurePath(contract.package).suffix], contract.package]
    if contract.release and contract.release.zip_sha256:
        execute += ["--sha256", contract.release.zip_sha256]
    return {"commands": PACKAGE_COMMANDS, "execute": execute}


def _path(environment: Environment, contract: Contract, module: str) -> str:
    """Return the relative path of a needed unit; it is the same in every region."""
    if contract.needs[module] == "same_region":
        return f"../{module}"
    return f"../../{environment.primary_region}/{module}"


def _outputs(contract: Contract) -> dict[str, list[str]]:
    """Return the outputs that a module uses, by the module that declares them: each once, in order of use."""
    found: dict[str, list[str]] = {}
    for source in contract.inputs.values():
        for leaf in leaves(source):
            if isinstance(leaf, FromOutput) and leaf.output not in found.setdefault(leaf.module, []):
                found[leaf.module].append(leaf.output)
    return found


def _inputs(scope: Scope) -> dict[str, Any]:
    values = {name: _value(source, scope) for name, source in scope.contract.inputs.items()}
    return {name: value for name, value in values.items() if value is not _ABSENT}


def _value(source: Source, scope: Scope) -> Any:
    environment, region = scope.environment, scope.region
    if isinstance(source, Setting):
        layers = (environment.settings, region.settings)
        value = effective_value(source, scope.inventory.defaults, environment.protected, layers)
        return _ABSENT if value is None else value
    if isinstance(source, FromOutput):
        if source.module in scope.needs:
            return Expression(f"dependency.{source.module}.outputs.{source.output}")
        return _ABSENT if source.module in scope.contract.conditions else NULL
    if isinstance(source, FromEnvironment) and source.field in DECLARED_LISTS:
        return _declared(source.field, environment, scope.contracts)
    if isinstance(source, FromEnvironment):
        value = getattr(environment, source.field)
        return _ABSENT if value is None else list(value) if isinstance(value, tuple) else value
    if isinstance(source, Deployed):
        return _is_deployed(source.module, scope)
    if isinstance(source, FromInventory):
        return getattr(scope.inventory, source.field)
    if isinstance(source, Choice):
        # With deletion protection a retiring unit could not be destroyed; what is off for protection stays off.
        retiring = region.retiring or environment.retires(scope.contract.module, region.name)
        lifted = retiring and source.protected is True
        return source.protected if environment.protected and not lifted else source.otherwise
    if isinstance(source, Nested):
        values = {key: _value(item, scope) for key, item in source.items.items()}
        present = {key: value for key, value in values.items() if value is not _ABSENT}
        return present if present or not values else _ABSENT
    return [value for item in source.items if (value := _value(item, scope)) is not NULL]


def _is_deployed(module: str, scope: Scope) -> bool:
    other, environment = scope.contracts.get(module), scope.environment
    if other is None:
        return False
    where = scope.region.name if other.placement == "every_region" else environment.primary_region
    return environment.places(other, where) and not environment.retires(module, where)


def _declared(key: str, environment: Environment, contracts: Mapping[str, Contract]) -> list[Any]:
    """Return what every module that has a unit in the environment declares under a key, by the module's name."""
    return [
        one.value if isinstance(one, Right) else one
        for _, contract in sorted(contracts.items())
        if any(environment.places(contract, region) for region in environment.region_names)
        for one in getattr(contract, key)
        if not (isinstance(one, Right) and one.condition) or environment.says(one.condition)
    ]
