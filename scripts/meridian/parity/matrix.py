"""The matrix: what every unit of every region is told, and which version it runs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meridian.inventory.model import Inventory
from meridian.inventory.problems import dotted
from meridian.parity.difference import text_of
from meridian.parity.inputs import Inputs, Values
from meridian.releases.versions import Status

Row = dict[str, Any]


def rows(inventory: Inventory, inputs: Inputs, cells: Sequence[Status]) -> Iterator[Row]:
    """Yield one row for each unit: environment, region, module, version and inputs by dotted path."""
    found = {(cell.environment, cell.module): cell for cell in cells}
    for environment in inventory.environments:
        shared: dict[str, Values] = {}
        for region in environment.regions:
            for module, contract in inputs.contracts[environment.name].items():
                if contract.placement == "primary_region" and region.name != environment.primary_region:
                    continue
                if module not in shared:
                    shared[module] = inputs.values(environment, module)
                values = inputs.values(environment, module, region) if region.settings else shared[module]
                cell = found[environment.name, module]
                yield {
                    "environment": environment.name,
                    "region": region.name,
                    "module": module,
                    "version": cell.version or cell.state,
                    "inputs": {dotted(path): value for path, value in values.items()},
                }


def lines(found: Sequence[Row]) -> list[str]:
    """Return what is not the same everywhere: each input, then each of its values with who has it."""
    by_input: dict[str, dict[str, list[Row]]] = {}
    for row in found:
        for name, value in (("version", row["version"]), *row["inputs"].items()):
            by_input.setdefault(f"{row['module']}.{name}", {}).setdefault(text_of(value), []).append(row)
    units = Counter(_key(row) for row in found)
    text: list[str] = []
    for name, values in sorted(by_input.items()):
        if len(values) > 1:
            width = max(len(value) for value in values)
            text.append(name)
            text += [f"  {value.ljust(width)}  {_where(who, units)}" for value, who in values.items()]
    return text


def _key(row: Row) -> tuple[str, str]:
    return row["module"], row["environment"]


def _where(who: Sequence[Row], units: Mapping[tuple[str, str], int]) -> str:
    """Return `dev, prod/eu-west-1`: an environment by its name alone where all its regions are meant."""
    here = Counter(_key(row) for row in who)
    whole = {key for key, count in here.items() if count == units[key]}
    names = [row["environment"] if _key(row) in whole else f"{row['environment']}/{row['region']}" for row in who]
    return ", ".join(dict.fromkeys(names))
