"""Where each module stands in each environment: its version against the releases and the environment before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from meridian.inventory.model import Inventory
from meridian.modules.ledger import Row

Relation = Literal["level", "behind", "ahead"]


@dataclass(frozen=True)
class CheckedOut:
    """A module in the working tree: the released version that it equals (None: changed since), and why it has none."""

    version: str | None
    state: str


@dataclass(frozen=True)
class Standing:
    """One cell of the matrix; `version` is None where unreleased changes run."""

    module: str
    environment: str
    working_tree: bool
    version: str | None
    state: str
    behind_latest: int | None
    """How many released versions are newer; None where unreleased changes run."""
    previous: str | None
    """The environment before it in promotion order."""
    against_previous: Relation | None
    """None where there is no environment before, or where it lacks the module."""


def releases_of(releases: Mapping[tuple[str, str], Row], module: str) -> list[Row]:
    """Return the rows of a module, oldest version first."""
    return sorted((row for row in releases.values() if row.module == module), key=lambda row: row.order)


def matrix(
    inventory: Inventory, releases: Mapping[tuple[str, str], Row], checked_out: Mapping[str, CheckedOut]
) -> list[Standing]:
    """Return the cells by module, then in promotion order; a module that an environment lacks has no cell there."""
    pinned = {module for environment in inventory.environments for module in environment.versions or {}}
    return [
        cell
        for module in sorted({*checked_out, *pinned})
        for cell in _row(inventory, releases_of(releases, module), checked_out, module)
    ]


def _row(
    inventory: Inventory, rows: Sequence[Row], checked_out: Mapping[str, CheckedOut], module: str
) -> list[Standing]:
    order = {row.version: number for number, row in enumerate(rows)}
    cells: list[Standing] = []
    before: tuple[str, float | None] | None = None
    for environment in inventory.environments:
        follows = environment.versions is None
        here = checked_out.get(module) if follows else _pinned(environment.versions or {}, module)
        if here is None:
            before = (environment.name, None)
            continue
        # Changes that nobody released are newer than every release.
        rank = order[here.version] if here.version else float("inf")
        cells.append(
            Standing(
                module=module,
                environment=environment.name,
                working_tree=follows,
                version=here.version,
                state=here.state,
                behind_latest=len(rows) - 1 - order[here.version] if here.version else None,
                previous=before[0] if before else None,
                against_previous=None if before is None or before[1] is None else relation(rank, before[1]),
            )
        )
        before = (environment.name, rank)
    return cells


def relation(rank: float, other: float) -> Relation:
    """Say how one rank in the list of releases stands to another."""
    if rank == other:
        return "level"
    return "behind" if rank < other else "ahead"


def _pinned(versions: Mapping[str, str], module: str) -> CheckedOut | None:
    return CheckedOut(versions[module], "pinned") if module in versions else None
