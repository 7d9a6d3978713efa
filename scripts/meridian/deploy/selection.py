"""The units that a plan or an apply is for, and the sentence on those that are left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from meridian.errors import UserError
from meridian.inventory.model import Environment
from meridian.plans.changed import find_changed
from meridian.plans.graph import with_dependents
from meridian.plans.inputs import read_needs
from meridian.plans.terragrunt import find_units
from meridian.targets import Target

RegionOption = Annotated[
    list[str] | None,
    typer.Option("--region", metavar="REGION", show_default=False, help="Only the units of this region; repeatable."),
]
ChangedOption = Annotated[
    bool,
    typer.Option(
        "--changed",
        help="Only units that something has changed for since their last successful apply, and their dependents; "
        "AWS itself is not looked at. Not for an approval.",
    ),
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


def select_units(
    target: Target, regions: Sequence[str] | None, units: Sequence[str] | None, *, changed: bool = False
) -> Selection:
    """Return the units of the named regions and of the named kinds; UserError lists the known names.

    With `changed`, only those of them that may have changed since their last successful apply; possibly none.
    """
    chosen = Selection()
    if regions or units:
        chosen = select_in_graph(read_needs(target), regions or (), units or ())
    return _keep_changed(chosen, target) if changed else chosen


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


def require_no_approval(environment: Environment, *files: Path | None) -> None:
    """Raise UserError if `--changed` would be what an approval rests on: `files` are those of a digest or a comment."""
    again = "Leave out --changed: an approval rests on a plan of every unit."
    if any(files):
        raise UserError("--changed leaves units out: it excludes --digest, --approved and --markdown.", again)
    if environment.protected:
        raise UserError(f"{environment.name} is protected: its changes need an approval, not --changed.", again)


def _keep_changed(chosen: Selection, target: Target) -> Selection:
    wanted = chosen.units or tuple(find_units(target))
    changed = set(find_changed(target))
    unchanged = [unit for unit in wanted if unit not in changed]
    sentence = f"Not planned, unchanged since their last successful apply: {', '.join(unchanged)}." if unchanged else ""
    units = tuple(unit for unit in wanted if unit in changed)
    return Selection(units, " ".join(filter(None, (chosen.left_out, sentence))))


def _require_known(what: str, names: Sequence[str], known: Collection[str]) -> None:
    if unknown := [name for name in names if name not in known]:
        raise UserError(f"There is no {what} {', '.join(unknown)}.", f"Use one of: {', '.join(sorted(known))}.")


def _left_out(graph: Mapping[str, Sequence[str]], chosen: Collection[str]) -> str:
    left = sorted(graph.keys() - set(chosen))
    if not left:
        return ""
    affected = [unit for unit in with_dependents(chosen, graph) if unit not in chosen]
    these = f"these of them depend on what is in: {', '.join(affected)}"
    return f"Left out: {', '.join(left)}; {these if affected else 'none of them depends on what is in'}."
