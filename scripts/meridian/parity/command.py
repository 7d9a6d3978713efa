"""`meridian parity`: what differs between environments and regions, and whether that is declared."""

import sys
from collections.abc import Sequence
from pathlib import Path

from meridian import report
from meridian.errors import Exit
from meridian.generate.command import rendered
from meridian.inventory import document
from meridian.modules.library import Library
from meridian.parity import facts, matrix, versions
from meridian.parity.difference import Difference
from meridian.parity.inputs import Inputs
from meridian.parity.places import Places
from meridian.paths import INVENTORY
from meridian.releases.versions import statuses


@report.kept("parity")
def parity(root: Path, *, as_json: bool) -> int:
    """Print the matrix and every difference; exit 1 if one of them is not declared.

    Raises UserError for a wrong inventory, ledger or module.
    """
    wanted = rendered(root)
    inventory, library = wanted.inventory, Library(root)
    places = Places(document.read(root / INVENTORY, INVENTORY.as_posix()))
    contracts = {one.name: library.contracts(one.versions) for one in inventory.environments}
    inputs = Inputs(inventory, contracts, places)
    cells = statuses(root, inventory, library)
    found = [*facts.of_tree(root, wanted), *versions.of_modules(inventory, cells, places)]
    for before, after in zip(inventory.environments, inventory.environments[1:], strict=False):
        found += facts.of_environments(before, after, places)
        found += versions.of_providers(root, before, after)
        found += inputs.between_environments(before, after)
    for environment in inventory.environments:
        found += inputs.between_regions(environment)
    undeclared = [one for one in found if not one.intended]
    rows = list(matrix.rows(inventory, inputs, cells))
    code = Exit.FINDINGS if undeclared else Exit.OK
    body = {
        "undeclared": [one.row() for one in undeclared],
        "intended": [one.row() for one in found if one.intended],
        "matrix": rows,
    }
    report.keep(root, "parity", code, body, as_json=as_json)
    if not as_json:
        _show(found, rows)
    return code


def _show(found: Sequence[Difference], rows: Sequence[matrix.Row]) -> None:
    """Print the matrix, then the differences, those that fail last."""
    ordered = [*(one for one in found if one.intended), *(one for one in found if not one.intended)]
    failing = sum(not one.intended for one in found)
    text = [*matrix.lines(rows), "", *(str(one) for one in ordered), ""]
    text.append(f"{len(rows)} units: {len(found) - failing} differences intended, {failing} undeclared")
    sys.stdout.write("\n".join(text) + "\n")
