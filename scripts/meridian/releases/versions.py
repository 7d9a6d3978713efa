"""`meridian versions`: the matrix of modules and environments."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from meridian import report
from meridian.errors import Exit
from meridian.inventory.load import load
from meridian.modules.ledger import Row
from meridian.modules.library import Library
from meridian.paths import INVENTORY
from meridian.releases import working_tree
from meridian.releases.standing import Standing, matrix, releases_of


@report.kept("versions")
def versions(root: Path, *, as_json: bool) -> int:
    """Print what runs where, and how far it is behind; exit 0. UserError for a wrong inventory or ledger."""
    library = Library(root)
    inventory = load(root / INVENTORY, library)
    checked_out = working_tree.examine(root, library.checked_out, library.releases)
    cells = matrix(inventory, library.releases, checked_out)
    environments = [environment.name for environment in inventory.environments]
    modules = sorted({*checked_out, *(cell.module for cell in cells)})
    latest = {module: _latest(library.releases, module) for module in modules}
    body = {"environments": environments, "latest": latest, "modules": [asdict(cell) for cell in cells]}
    report.keep(root, "versions", Exit.OK, body, as_json=as_json)
    if not as_json:
        _show(environments, latest, cells)
    return Exit.OK


def _latest(releases: Mapping[tuple[str, str], Row], module: str) -> str | None:
    rows = releases_of(releases, module)
    return rows[-1].version if rows else None


def _show(environments: Sequence[str], latest: Mapping[str, str | None], cells: Sequence[Standing]) -> None:
    # Slow to import, and not needed for JSON.
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    # Environments as rows: there may be many, and they read downwards in promotion order.
    for title in ("environment", *latest):
        table.add_column(title, overflow="fold")
    found = {(cell.module, cell.environment): cell for cell in cells}
    for environment in environments:
        row = [found.get((module, environment)) for module in latest]
        table.add_row(environment, *(sentence(cell) if cell else "-" for cell in row))
    table.add_row("latest release", *(version or "none" for version in latest.values()))
    Console().print(table)


def sentence(cell: Standing) -> str:
    """Return a cell in words: `1.0.0, 1 behind latest, behind dev`."""
    words = [cell.version if cell.version else cell.state]
    if cell.working_tree:
        words = [f"working tree = {cell.version}" if cell.version else f"working tree: {cell.state}"]
    if cell.behind_latest:
        words.append(f"{cell.behind_latest} behind latest")
    if cell.against_previous == "behind":
        words.append(f"behind {cell.previous}")
    elif cell.against_previous == "ahead":
        words.append(f"ahead of {cell.previous}")
    return ", ".join(words)
