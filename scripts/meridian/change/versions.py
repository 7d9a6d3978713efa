"""Which version of each module runs in each environment, and `meridian versions`, which prints it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from meridian import report
from meridian.change import history
from meridian.errors import Exit, UserError
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Environment, Inventory
from meridian.modules.ledger import Row
from meridian.modules.library import Library
from meridian.options import HERE, JsonOption, RootOption
from meridian.paths import INVENTORY
from meridian.yamlfile.problems import did_you_mean, join_words, quote

Relation = Literal["level", "behind", "ahead"]
# Unreleased changes are newer than every release.
UNRELEASED = float("inf")


@dataclass(frozen=True)
class Running:
    """What runs of a module: a released version, or None with the state that says why not."""

    version: str | None
    state: str


@dataclass(frozen=True)
class Status:
    """One module in one environment, against the releases and the environment before it."""

    module: str
    environment: str
    working_tree: bool
    version: str | None
    """None where unreleased changes run."""
    state: str
    previous: str | None
    """The environment before it in promotion order."""
    against_previous: Relation | None
    """None where there is no environment before, or where that one lacks the module."""

    def __str__(self) -> str:
        """`1.0.0, behind dev`."""
        words = [self.version or self.state]
        if self.working_tree:
            words = [f"working tree = {self.version}" if self.version else f"working tree: {self.state}"]
        if self.against_previous in {"behind", "ahead"}:
            words.append(f"{'behind' if self.against_previous == 'behind' else 'ahead of'} {self.previous}")
        return ", ".join(words)


@report.with_report("versions")
def versions(root: RootOption = HERE, as_json: JsonOption = False) -> int:
    """Show which version of each module runs in each environment.

    Example: meridian versions
    """
    library = Library(root)
    inventory = load_inventory(root / INVENTORY, library)
    found = statuses(root, inventory, library)
    environments = [environment.name for environment in inventory.environments]
    modules = sorted({*library.checked_out, *(one.module for one in found)})
    latest = {module: rows[-1].version if (rows := releases_of(library, module)) else None for module in modules}
    body = {"environments": environments, "latest": latest, "modules": [asdict(one) for one in found]}
    report.write_report(root, "versions", Exit.OK, body, as_json=as_json)
    if not as_json:
        _print(environments, latest, found)
    return Exit.OK


def releases_of(library: Library, module: str) -> list[Row]:
    """Return the releases of a module, oldest version first."""
    return sorted((row for row in library.releases.values() if row.module == module), key=lambda row: row.order)


def running(root: Path, library: Library, versions: Mapping[str, str] | None) -> dict[str, Running]:
    """Return what runs of each module in an environment that is pinned to `versions`; None is the working tree.

    The working tree has a version of a module only if every file is as it was released.
    """
    if versions is None:
        return {module: _checked_out(root, module, releases_of(library, module)) for module in library.checked_out}
    return {module: Running(version, "pinned") for module, version in versions.items()}


def require_module(environment: str, module: str, known: Collection[str]) -> None:
    """Raise UserError unless an environment has a module; `known` are those that it has."""
    if module not in known:
        hint = did_you_mean(module, known).strip() or f"It has {join_words(known)}."
        raise UserError(f"{environment} has no module {quote(module)}.", hint)


def _checked_out(root: Path, module: str, rows: Sequence[Row]) -> Running:
    if history.uncommitted(root, module):
        return Running(None, "changes not committed")
    tree = history.read_tree(root, module)
    for row in reversed(rows):
        if row.tree == tree:
            return Running(row.version, "as released")
    return Running(None, "unreleased changes" if rows else "never released")


def statuses(root: Path, inventory: Inventory, library: Library) -> list[Status]:
    """Return the status of every module in every environment that has it, by module, then in promotion order."""
    tree = running(root, library, None)
    environments = inventory.environments
    found = [(one, tree if one.versions is None else running(root, library, one.versions)) for one in environments]
    modules = sorted(tree.keys() | {module for _, here in found for module in here})
    return [status for module in modules for status in _statuses_of(module, releases_of(library, module), found)]


def _statuses_of(
    module: str, rows: Sequence[Row], found: Sequence[tuple[Environment, Mapping[str, Running]]]
) -> Iterator[Status]:
    """Yield the status of one module in each environment that has it."""
    order = {row.version: number for number, row in enumerate(rows)}
    previous: Environment | None = None
    before: Running | None = None
    for environment, modules in found:
        here = modules.get(module)
        if here:
            yield Status(
                module=module,
                environment=environment.name,
                working_tree=environment.versions is None,
                version=here.version,
                state=here.state,
                previous=previous.name if previous else None,
                against_previous=_relation(order, here, before) if before else None,
            )
        previous, before = environment, here


def _relation(order: Mapping[str, int], here: Running, before: Running) -> Relation:
    rank, other = (UNRELEASED if one.version is None else order[one.version] for one in (here, before))
    if rank == other:
        return "level"
    return "behind" if rank < other else "ahead"


def _print(environments: Sequence[str], latest: Mapping[str, str | None], found: Sequence[Status]) -> None:
    # Slow to import, and not needed for JSON.
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    # Modules are the rows: there are more of them than environments, which read from left to right in promotion order.
    for title in ("module", *environments, "latest"):
        table.add_column(title, overflow="fold")
    cells = {(one.environment, one.module): str(one) for one in found}
    for module, version in latest.items():
        row = (cells.get((environment, module), "-") for environment in environments)
        table.add_row(module, *row, version or "none")
    Console().print(table)
