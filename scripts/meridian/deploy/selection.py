"""The units that a plan or an apply is for, and the sentence on those that are left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from meridian.errors import UserError
from meridian.plans import terragrunt
from meridian.targets import Target

RegionOption = Annotated[
    list[str] | None,
    typer.Option("--region", metavar="REGION", show_default=False, help="Only the units of this region; repeatable."),
]
UnitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unit",
        metavar="UNIT",
        show_default=False,
        help="Only this unit, e.g. compute or eu-west-1/compute; repeatable.",
    ),
]


@dataclass(frozen=True)
class Selection:
    """The chosen units, None for all; `left_out` is one sentence, empty if nothing is left out."""

    units: tuple[str, ...] | None = None
    left_out: str = ""


def select_units(target: Target, regions: Sequence[str] | None, units: Sequence[str] | None) -> Selection:
    """Return the units of the named regions and of the named kinds; UserError lists the known names."""
    if not (regions or units):
        return Selection()
    return select_in_graph(terragrunt.read_graph(target), regions or (), units or ())


def select_in_graph(graph: Mapping[str, Sequence[str]], regions: Sequence[str], units: Sequence[str]) -> Selection:
    """Return the selection among the units of a graph, which maps a unit to those that it needs."""
    _require_known("region", regions, {unit.partition("/")[0] for unit in graph})
    _require_known("unit", [name for name in units if name not in graph], {unit.partition("/")[2] for unit in graph})
    chosen = [
        unit
        for unit in sorted(graph)
        if (not regions or unit.partition("/")[0] in regions)
        and (not units or unit in units or unit.partition("/")[2] in units)
    ]
    if not chosen:
        raise UserError(
            f"No unit {' or '.join(units)} is in {' or '.join(regions)}.", f"The units are: {', '.join(sorted(graph))}."
        )
    return Selection(tuple(chosen), _left_out(graph, chosen))


def _require_known(what: str, names: Sequence[str], known: Collection[str]) -> None:
    if unknown := [name for name in names if name not in known]:
        raise UserError(f"There is no {what} {', '.join(unknown)}.", f"Use one of: {', '.join(sorted(known))}.")


def _left_out(graph: Mapping[str, Sequence[str]], chosen: Collection[str]) -> str:
    left = sorted(graph.keys() - set(chosen))
    if not left:
        return ""
    affected: set[str] = set()
    while more := {one for one in left if one not in affected and {*chosen, *affected} & set(graph[one])}:
        affected |= more
    these = f"these of them depend on what is in: {', '.join(sorted(affected))}"
    return f"Left out: {', '.join(left)}; {these if affected else 'none of them depends on what is in'}."
