"""`meridian impact`: which units a change touches and why, in words of the inventory; nothing is planned."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from meridian import git, report
from meridian.change.touched import Touched, find_touched
from meridian.errors import CouldNotTell, Exit, UserError
from meridian.options import HERE, JsonOption, RootOption
from meridian.paths import INVENTORY
from meridian.render.command import render_inventory
from meridian.render.committed import Committed, find_commit, find_common, read_commit
from meridian.yamlfile import document

COMMAND = "impact"
DEFAULTS = ("origin/main", "main", "HEAD")
SHOWN = 4


@dataclass(frozen=True)
class Base:
    """What the working tree is compared with: the revision's name, and the newest commit that HEAD shares with it."""

    revision: str
    tree: Committed


@report.with_report(COMMAND)
def impact(
    base: Annotated[
        str,
        typer.Option("--base", metavar="REV", help="Compare with REV; default: origin/main, or main, or HEAD."),
    ] = "",
    root: RootOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Show which units change between a revision and the working tree, and why.

    Reads the inventory, modules, root file and provider locks, in git and on disk; calls neither Terraform nor AWS.
    Writes out/impact.json.

    Example: meridian impact --base HEAD
    """
    found = find_base(root, base)
    touched, units = compare_with(root, found)
    rows = group_reasons(touched)
    body = {
        "base": {"revision": found.revision, "commit": found.tree.commit},
        "units": units,
        "touched": [asdict(one) for one in touched],
        "reasons": [{"reason": reason, "units": names} for reason, names in rows.items()],
    }
    report.write_report(root, COMMAND, Exit.OK, body, as_json=as_json)
    if not as_json:
        sys.stdout.write("\n".join([_heading(found), *_format(touched, rows), _count(touched, units)]) + "\n")
    return Exit.OK


def compare_with(root: Path, base: Base) -> tuple[list[Touched], int]:
    """Return the touched units of the working tree, and the number of all its units."""
    now = render_inventory(root)
    after = document.read_file(root / INVENTORY, INVENTORY.as_posix()).value
    return find_touched(base.tree, now, _inventory(base), after), sum(path.count("/") == 4 for path in now.files)


def find_base(root: Path, revision: str) -> Base:
    """Return the base: a revision, or the first of origin/main, main and HEAD that there is.

    Raises UserError for an unknown revision, CouldNotTell if its history is not in this clone.
    """
    git.require_top(root)
    for name in (revision,) if revision else DEFAULTS:
        commit = find_commit(root, name)
        if commit is not None:
            break
    else:
        if revision:
            raise UserError(f"This repository has no revision {revision!r}.", "Run `git fetch origin`.")
        raise CouldNotTell("This repository has no commit to compare with.", "Commit first: `git commit`.")
    common = find_common(root, commit)
    if common is None:
        fetch = "git fetch --unshallow origin" if git.is_shallow(root) else f"git merge-base HEAD {name}"
        raise CouldNotTell(f"{name} and HEAD share no commit in this clone.", f"Fetch the history: `{fetch}`")
    return Base(name, read_commit(root, common))


def group_reasons(touched: Sequence[Touched]) -> dict[str, list[str]]:
    """Return the units by reason: a reason of several units is one row."""
    rows: dict[str, list[str]] = {}
    for one in touched:
        for reason in one.reasons:
            rows.setdefault(reason, []).append(one.unit)
    return rows


def _inventory(base: Base) -> Mapping[str, object]:
    try:
        return base.tree.inventory()
    except UserError as error:
        raise CouldNotTell(error.message, "Compare with another revision: `meridian impact --base REV`") from error


def _heading(base: Base) -> str:
    return f"Compared with {base.revision} (commit {base.tree.short}):"


def _format(touched: Sequence[Touched], rows: Mapping[str, Sequence[str]]) -> list[str]:
    """Return reasons with their units; reasons with the same units stand together."""
    kinds = {one.unit: one.kind for one in touched}
    together: dict[tuple[str, ...], list[str]] = {}
    for reason, units in rows.items():
        together.setdefault(tuple(units), []).append(reason)
    lines = []
    for units, reasons in together.items():
        lines += ["", *reasons]
        for kind in ("changed", "added", "removed"):
            lines += [f"  {kind:9} {line}" for line in format_units([one for one in units if kinds[one] == kind])]
    dependents = [one for one in touched if one.kind == "dependent"]
    if dependents:
        lines += ["", "Dependents, which read outputs of these units:"]
        read: dict[tuple[str, ...], list[str]] = {}
        for one in dependents:
            read.setdefault(tuple(_relative(one)), []).append(one.unit)
        for names, units_ in read.items():
            lines += [f"  {'dependent':9} {line} reads {', '.join(names)}" for line in format_units(units_)]
    return [*lines, ""]


def _relative(one: Touched) -> list[str]:
    """Return what a dependent reads, without its own environment, and without its own region."""
    environment, region, _ = one.unit.split("/")
    names = [name.removeprefix(f"{environment}/") for name in one.reads]
    return [name.removeprefix(f"{region}/") for name in names]


def format_units(units: Sequence[str]) -> list[str]:
    """Return units in a few lines: `dev: compute, data in us-east-1, eu-west-1`."""
    regions: dict[tuple[str, str], list[str]] = {}
    for unit in units:
        environment, region, module = unit.split("/")
        regions.setdefault((environment, module), []).append(region)
    modules: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (environment, module), several in regions.items():
        modules.setdefault((environment, tuple(several)), []).append(module)
    return [
        f"{environment}: {', '.join(names)} in {_some(several)}" for (environment, several), names in modules.items()
    ]


def _some(regions: Sequence[str]) -> str:
    return ", ".join(regions) if len(regions) <= SHOWN else f"{len(regions)} regions"


def _count(touched: Sequence[Touched], units: int) -> str:
    kinds = [one.kind for one in touched]
    if not kinds:
        return f"No unit is touched; {units} units in all."
    parts = [f"{kinds.count(kind)} {kind}" for kind in ("changed", "added", "removed", "dependent") if kind in kinds]
    return f"{', '.join(parts)}; {units} units in all."
