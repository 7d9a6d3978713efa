"""Checks rules across values: validations that read more than one of them, or what another unit hands over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meridian.inventory.layers import Layer, effective_value
from meridian.inventory.model import Environment, Region
from meridian.inventory.placement import deployed_needs
from meridian.modules.contract import Contract
from meridian.modules.rules import GIVEN, UNKNOWN, complete, evaluate, find_reads
from meridian.modules.sources import FromEnvironment, FromOutput, Setting
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath


@dataclass(frozen=True)
class _Unit:
    """One unit: a module in a region, and what its inputs are made of."""

    contract: Contract
    region: str
    environment: Environment
    defaults: Layer
    contracts: Mapping[str, Contract]

    def value(self, variable: str) -> Any:
        """Return the value of a variable, GIVEN if it is only known not to be null, or UNKNOWN."""
        source = self.contract.inputs.get(variable)
        if isinstance(source, FromOutput):
            return self._output(source)
        value = None
        if isinstance(source, FromEnvironment):
            value = getattr(self.environment, source.field, None)
        elif isinstance(source, Setting):
            layers = [layer for _, layer in self.layers()]
            value = effective_value(source, self.defaults, self.environment.protected, layers)
            value = complete(value, source.type)
        # What is left out has the variable's default.
        return UNKNOWN if value is None else value

    def keys(self, variable: str) -> list[KeyPath]:
        """Return the keys of the inventory from which the value of a variable may come."""
        source, above = self.contract.inputs.get(variable), [path for path, _ in reversed(self.layers())]
        if isinstance(source, Setting):
            return [(*path, source.name) for path in (*above, ("defaults",))]
        return [(*above[-1], source.field)] if isinstance(source, FromEnvironment) else []

    def layers(self) -> list[tuple[KeyPath, Layer]]:
        """Return the layers above the defaults, each with its key path."""
        path: KeyPath = ("environments", self.environment.name)
        own = next(one.settings for one in self.environment.regions if one.name == self.region)
        return [(path, self.environment.settings), ((*path, "regions", self.region), own)]

    def _output(self, source: FromOutput) -> Any:
        if source.module not in deployed_needs(self.environment, self.region, self.contract, self.contracts):
            return UNKNOWN if source.module in self.contract.conditions else None
        other = self.contracts[source.module]
        same = self.contract.needs[source.module] == "same_region"
        where = self.region if same else self.environment.primary_region
        unit = _Unit(other, where, self.environment, self.defaults, self.contracts)
        # An output that hands a setting on is known before any unit is there.
        value = evaluate(other.outputs[source.output], unit.value)
        return GIVEN if value is UNKNOWN else value


def check_rules(
    source: Document,
    contract: Contract,
    region: Region,
    environment: Environment,
    defaults: Layer,
    contracts: Mapping[str, Contract],
) -> None:
    """Record the validations of a module that its unit in a region breaks, at the setting that they read."""
    unit = _Unit(contract, region.name, environment, defaults, contracts)
    for variable in contract.variables.values():
        for rule in variable.rules:
            if evaluate(rule.condition, unit.value) is False:
                path = _place(source, [*find_reads(rule.condition)], unit)
                source.wrong(path, f"{contract.title}: {rule.message}")


def _place(source: Document, reads: list[tuple[str, ...]], unit: _Unit) -> KeyPath:
    """Return the key of the first value that is in the file, else of what should hold it, else of the environment."""
    found = [(key, steps) for variable, *steps in reads for key in unit.keys(variable)]
    keys: list[KeyPath] = [(*key, *steps) for key, steps in found] + [key for key, _ in found]
    return next((key for key in keys if source.has(key)), ("environments", unit.environment.name))
