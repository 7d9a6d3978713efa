"""The inputs of units compared: a region with its environment, an environment with the one before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from meridian.generate import units
from meridian.inventory.model import Environment, Inventory, Region
from meridian.inventory.problems import KeyPath, dotted
from meridian.modules.contract import Contract
from meridian.parity.difference import NOT_SET, Difference, Side
from meridian.parity.places import Places

Contracts = Mapping[str, Contract]
Values = Mapping[KeyPath, Any]

UNDECLARED = "set for a whole environment, without a reason; put it into `defaults`, or say `reason` there"


@dataclass(frozen=True)
class Inputs:
    """What every unit of an inventory is told; `contracts` are the modules of each environment."""

    inventory: Inventory
    contracts: Mapping[str, Contracts]
    places: Places

    def values(self, environment: Environment, module: str, region: Region | None = None) -> Values:
        """Return the inputs of a unit by path; without a region those that all regions share."""
        return self._values(environment, self.contracts[environment.name], module, region)

    def between_regions(self, environment: Environment) -> Iterator[Difference]:
        """Yield what each region sets differently from its environment; the inventory has a reason for each."""
        for region in environment.regions:
            for module, contract in self.contracts[environment.name].items() if region.settings else ():
                if contract.placement == "primary_region" and region.name != environment.primary_region:
                    continue
                shared, own = self.values(environment, module), self.values(environment, module, region)
                for path in _differing(shared, own):
                    yield Difference(
                        subject=f"{module}.{dotted(path)}",
                        first=self._side(environment, None, module, path, shared),
                        second=self._side(environment, region.name, module, path, own),
                        intended=region.reason is not None,
                        why=f"reason: {region.reason}" if region.reason else "set without a reason",
                    )

    def between_environments(self, before: Environment, after: Environment) -> Iterator[Difference]:
        """Yield what the units of an environment are told differently from those of the one before it."""
        for module in self.contracts[after.name]:
            if module not in self.contracts[before.name]:
                continue
            first, second = self.values(before, module), self.values(after, module)
            for path in _differing(first, second):
                why = self._by_design(before, after, module, path)
                yield Difference(
                    subject=f"{module}.{dotted(path)}",
                    first=self._side(before, None, module, path, first),
                    second=self._side(after, None, module, path, second),
                    intended=why is not None,
                    why=why or UNDECLARED,
                )

    def _by_design(self, before: Environment, after: Environment, module: str, path: KeyPath) -> str | None:
        """Say what about the environments makes the difference; None if a setting without a reason does."""
        plain_after = replace(after, settings={})
        wanted = self.values(replace(before, settings={}), module).get(path)
        setting = [one for one in (before, after) if self._sets(one, module, path)]
        if setting:
            reasons = [f"reason: {one.reason}" for one in setting if one.reason]
            return "; ".join(reasons) if len(reasons) == len(setting) else None
        facts = ("name", "prefix", "account_id", "primary_region")
        named = replace(plain_after, **{fact: getattr(before, fact) for fact in facts})
        guarded = replace(plain_after, protected=before.protected)
        own, others = self.contracts[after.name], self.contracts[before.name]
        for why, environment, contracts in (
            ("by design: name, account or primary region", named, own),
            (f"by design: {after.name} is {'' if after.protected else 'not '}protected", guarded, own),
            ("by design: another version of the module", plain_after, others),
        ):
            if self._values(environment, contracts, module, None).get(path) == wanted:
                return why
        return "by design: version and facts of the environment together"

    def _sets(self, environment: Environment, module: str, path: KeyPath) -> bool:
        plain = self.values(replace(environment, settings={}), module)
        return self.values(environment, module).get(path) != plain.get(path)

    def _values(self, environment: Environment, contracts: Contracts, module: str, region: Region | None) -> Values:
        chosen = region or Region(environment.primary_region, {})
        found = units.context(self.inventory, environment, chosen, contracts[module], contracts)
        return dict(_leaves(found["inputs"], ()))

    def _side(self, environment: Environment, region: str | None, module: str, path: KeyPath, values: Values) -> Side:
        contract = self.contracts[environment.name][module]
        where = f"{environment.name}/{region}" if region else environment.name
        place = self.places.of_input(environment, region, contract, path)
        return Side(where, values.get(path, NOT_SET), place)


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict) and (value or not path):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, value


def _differing(first: Values, second: Values) -> list[KeyPath]:
    paths = {**first, **second}
    return [path for path in paths if first.get(path, NOT_SET) != second.get(path, NOT_SET)]
