"""`meridian parity`: the differences between environments and regions, and whether each one is declared."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from meridian import report
from meridian.change.versions import Status, statuses
from meridian.errors import Exit
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Inventory
from meridian.modules.library import Library
from meridian.options import HERE, JsonOption, RootOption
from meridian.parity import facts
from meridian.parity.facts import Difference, format_value
from meridian.parity.inputs import Inputs
from meridian.paths import INVENTORY
from meridian.render.command import require_current
from meridian.yamlfile import document
from meridian.yamlfile.problems import format_path

Row = dict[str, Any]


@report.with_report("parity")
def parity(root: RootOption = HERE, as_json: JsonOption = False) -> int:
    """Show what differs between environments and regions.

    Exits with 1 if the inventory does not declare a difference. Refuses a live/ that is not as generated.

    Example: meridian parity --json
    """
    library = Library(root)
    inventory = load_inventory(root / INVENTORY, library)
    require_current(root)
    source = document.read_file(root / INVENTORY, INVENTORY.as_posix())
    contracts = {one.name: library.contracts(one.versions) for one in inventory.environments}
    inputs = Inputs(inventory, contracts, source)
    running = statuses(root, inventory, library)
    found: list[Difference] = []
    for before, after in pairwise(inventory.environments):
        found += facts.compare_environments(before, after, source)
        found += facts.compare_modules(before, after, running, source)
        found += facts.compare_providers(root, before, after)
        found += inputs.compare_environments(before, after)
    for environment in inventory.environments:
        found += inputs.compare_regions(environment)
    intended, undeclared = ([one for one in found if one.intended is wish] for wish in (True, False))
    rows = list(_rows(inventory, inputs, running))
    code = Exit.FINDINGS if undeclared else Exit.OK
    body = {
        "undeclared": [asdict(one) for one in undeclared],
        "intended": [asdict(one) for one in intended],
        "matrix": rows,
    }
    report.write_report(root, "parity", code, body, as_json=as_json)
    if not as_json:
        _print(rows, intended, undeclared)
    return code


def _rows(inventory: Inventory, inputs: Inputs, running: Sequence[Status]) -> Iterator[Row]:
    """Yield one row for each unit: environment, region, module, version and inputs by dotted path."""
    versions = {(one.environment, one.module): one.version or one.state for one in running}
    for environment in inventory.environments:
        for region, module, values in inputs.units(environment):
            yield {
                "environment": environment.name,
                "region": region.name,
                "module": module,
                "version": versions[environment.name, module],
                "inputs": {format_path(path): value for path, value in values.items()},
            }


def _print(rows: Sequence[Row], intended: Sequence[Difference], undeclared: Sequence[Difference]) -> None:
    """Print each input that is not the same everywhere, then the differences, those that fail last."""
    by_input: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        for name, value in (("version", row["version"]), *row["inputs"].items()):
            by_input.setdefault(f"{row['module']}.{name}", {}).setdefault(format_value(value), []).append(row)
    units = Counter(_key(row) for row in rows)
    text: list[str] = []
    for name, values in sorted(by_input.items()):
        if len(values) > 1:
            width = max(len(value) for value in values)
            text += [name, *(f"  {value.ljust(width)}  {_where(own, units)}" for value, own in values.items())]
    text += ["", *(str(one) for one in (*intended, *undeclared)), ""]
    text.append(f"{len(rows)} units: {len(intended)} differences intended, {len(undeclared)} undeclared")
    sys.stdout.write("\n".join(text) + "\n")


def _key(row: Row) -> tuple[str, str]:
    return row["module"], row["environment"]


def _where(rows: Sequence[Row], units: Mapping[tuple[str, str], int]) -> str:
    """Return `dev, prod/eu-west-1`: an environment by its name alone if the rows are all its units of a module."""
    whole = {key for key, count in Counter(_key(row) for row in rows).items() if count == units[key]}
    names = [row["environment"] if _key(row) in whole else f"{row['environment']}/{row['region']}" for row in rows]
    return ", ".join(dict.fromkeys(names))
