"""The inputs of units compared: a region with its environment, an environment with the one before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from meridian.inventory.model import Environment, Inventory, Region
from meridian.modules.contract import Contract
from meridian.modules.sources import Choice, Deployed, FromEnvironment, FromOutput, Nested, Setting, Source, leaves
from meridian.parity.facts import Difference, Side, place_of
from meridian.render import units
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, format_path, join_words

NOT_SET = "not set"
PLACED = "by design: `units`, `access` and `protected` say where a module is deployed"
UNDECLARED = "set for a whole environment without a reason: move it to `defaults`, or add `reason` to the environment"
Values = Mapping[KeyPath, Any]
Owner = tuple[Environment, Region | None]
"""A region of an environment, or the environment alone: what all its regions share."""


@dataclass(frozen=True)
class Inputs:
    """The inputs of every unit of an inventory; `contracts` are the modules of each environment."""

    inventory: Inventory
    contracts: Mapping[str, Mapping[str, Contract]]
    source: Document

    def compare_regions(self, environment: Environment) -> Iterator[Difference]:
        """Yield the inputs that a region sets differently from its environment; the inventory has a reason for each."""
        for region in (one for one in environment.regions if one.settings):
            for module in self._placed(environment, region):
                lasting = (environment, replace(region, retiring=False))
                for path, first, second in self._compare(module, (environment, None), lasting):
                    why = PLACED if self._reads_placement(environment, module, path) else f"reason: {region.reason}"
                    yield Difference(f"{module}.{format_path(path)}", first, second, intended=True, why=why)

    def compare_environments(self, before: Environment, after: Environment) -> Iterator[Difference]:
        """Yield the inputs of an environment that differ from those of the one before it."""
        for module in self.contracts[after.name]:
            if module not in self.contracts[before.name]:
                continue
            places = [self._regions(one, module) for one in (before, after)]
            common = set(before.region_names) & set(after.region_names)
            if common & places[0] != common & places[1]:
                first, second = (
                    Side(one.name, join_words(sorted(here)), place_of(self.source, ("environments", one.name, "units")))
                    for one, here in zip((before, after), places, strict=True)
                )
                yield Difference(f"{module} regions", first, second, intended=True, why=PLACED)
            if not all(places):
                continue
            for path, first, second in self._compare(module, (before, None), (after, None)):
                why = self._reason(before, after, module, path)
                yield Difference(
                    f"{module}.{format_path(path)}", first, second, intended=why is not None, why=why or UNDECLARED
                )

    def _values(self, owner: Owner, module: str) -> Values:
        """Return the inputs of a module by path."""
        environment, region = owner
        contracts = self.contracts[environment.name]
        chosen = region or Region(environment.primary_region, {})
        found = units.unit_context(self.inventory, environment, chosen, contracts[module], contracts)
        return dict(_flat(found["inputs"], ()))

    def _compare(self, module: str, first: Owner, second: Owner) -> Iterator[tuple[KeyPath, Side, Side]]:
        """Yield the path of each input that differs, with both sides."""
        old, new = self._values(first, module), self._values(second, module)
        for path in {**old, **new}:
            if old.get(path, NOT_SET) != new.get(path, NOT_SET):
                yield path, self._side(first, module, path, old), self._side(second, module, path, new)

    def _placed(self, environment: Environment, region: Region) -> Iterator[str]:
        for module, contract in self.contracts[environment.name].items():
            if environment.places(contract, region.name):
                yield module

    def _regions(self, environment: Environment, module: str) -> set[str]:
        """Return the regions in which an environment deploys a module."""
        contract = self.contracts[environment.name][module]
        return {region for region in environment.region_names if environment.places(contract, region)}

    def _reads_placement(self, environment: Environment, module: str, path: KeyPath) -> bool:
        source = _source(self.contracts[environment.name][module], path)[0]
        return source is not None and any(isinstance(leaf, Deployed | FromOutput) for leaf in leaves(source))

    def _reason(self, before: Environment, after: Environment, module: str, path: KeyPath) -> str | None:
        """Return why two environments differ; None if one of them sets the input without a reason."""
        setting = [one for one in (before, after) if self._sets(one, module, path)]
        if setting:
            reasons = [f"reason: {one.reason}" for one in setting if one.reason]
            return "; ".join(reasons) if len(reasons) == len(setting) else None
        source, other = (_source(self.contracts[one.name][module], path)[0] for one in (after, before))
        if source is not None and source == other:
            if self._reads_placement(after, module, path):
                return PLACED
            if any(isinstance(leaf, FromEnvironment) for leaf in leaves(source)):
                return "by design: name, account or primary region"
            if before.protected != after.protected:
                return f"by design: {after.name} is {'' if after.protected else 'not '}protected"
        return "by design: another version of the module"

    def _sets(self, environment: Environment, module: str, path: KeyPath) -> bool:
        plain = self._values((replace(environment, settings={}), None), module)
        return self._values((environment, None), module).get(path) != plain.get(path)

    def _side(self, owner: Owner, module: str, path: KeyPath, values: Values) -> Side:
        environment, region = owner
        where = f"{environment.name}/{region.name}" if region else environment.name
        return Side(where, values.get(path, NOT_SET), self._place(owner, module, path))

    def _place(self, owner: Owner, module: str, path: KeyPath) -> str:
        """Return the file, with the line in the inventory, that gives an input its value: the last layer that sets it.

        The layers are: variables.tf, `defaults`, unit.yaml where the environment is protected, environment, region.
        """
        environment, region = owner
        contract = self.contracts[environment.name][module]
        source, rest = _source(contract, path)
        above: KeyPath = ("environments", environment.name)
        if isinstance(source, FromEnvironment):
            return place_of(self.source, above)
        if isinstance(source, Choice):
            return contract.file("unit.yaml")
        if isinstance(source, Setting):
            key = (source.name, *rest)
            for layer in ((*above, "regions", region.name), above) if region else (above,):
                if self.source.has((*layer, *key)):
                    return place_of(self.source, (*layer, *key))
            if environment.protected and source.protected is not None and rest in dict(_flat(source.protected, ())):
                return contract.file("unit.yaml")
            if self.source.has(("defaults", *key)):
                return place_of(self.source, ("defaults", *key))
        return contract.file("variables.tf")


def _source(contract: Contract, path: KeyPath) -> tuple[Source | None, KeyPath]:
    """Return the source of an input at a path (variable, then keys), and the keys below that source."""
    source, rest = contract.inputs.get(str(path[0])), path[1:]
    while isinstance(source, Nested) and rest:
        source, rest = source.items.get(str(rest[0])), rest[1:]
    return source, rest


def _flat(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict) and (value or not path):
        for key, item in value.items():
            yield from _flat(item, (*path, key))
    else:
        yield path, value
