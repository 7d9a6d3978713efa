"""`meridian promote`: an environment gets the versions of one before it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from meridian import report
from meridian.change import history, provider_lock
from meridian.change.move import Move, compare_versions, pin_versions
from meridian.change.proposal import editing
from meridian.change.release import lowest_version
from meridian.change.versions import Running, releases_of, require_module, running
from meridian.console import say
from meridian.errors import UserError
from meridian.inventory.model import Environment, Inventory
from meridian.modules.ledger import Row
from meridian.modules.library import Library
from meridian.options import HERE, DryRunOption, JsonOption, RootOption
from meridian.render.write import Change


@report.with_report("promote")
def promote(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The environment whose versions to use.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The environment that gets them.")],
    root: RootOption = HERE,
    module: Annotated[str, typer.Option("--module", metavar="MODULE", help="Only this one; default: all.")] = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Pin an environment to the versions of an earlier one.

    If FROM runs the working tree, its released versions are used.

    Example: meridian promote staging prod --module compute --dry-run
    """
    with editing(root, dry_run=dry_run) as inventory:
        library = Library(root)
        origin, goal, previous = _in_order(inventory, source, target)
        rows = _wanted(root, library, origin, module)
        _require_forward(library, goal, rows)
        locks = _locks(root, origin, goal, previous, whole=not module)
        if previous is not origin:
            _require_no_lead(running(root, library, previous.versions), goal, origin, previous, rows, library)
        moves = _moves(root, library, goal, rows)
        facts = {"from": origin.name, "to": goal.name, "provider_lock_changed": bool(locks)}
        again = f"meridian promote {origin.name} {goal.name}{f' --module {module}' if module else ''}"
        code = pin_versions(root, "promote", goal.name, moves, locks, facts, again, dry_run=dry_run, as_json=as_json)
    for name in sorted((goal.versions or {}).keys() - rows.keys() if not module else ()):
        say(f"note: {name} stays as it is in {goal.name}: {origin.name} does not have it.")
    return code


def _in_order(inventory: Inventory, source_name: str, target_name: str) -> tuple[Environment, Environment, Environment]:
    """Return the environments to promote from and to, and the one just before the latter."""
    source, target = inventory.environment(source_name), inventory.environment(target_name)
    names = [environment.name for environment in inventory.environments]
    if names.index(source_name) >= names.index(target_name):
        raise UserError(
            f"{source_name} is not before {target_name}: versions go {' -> '.join(names)}.",
            f"To go back: `meridian rollback {target_name} MODULE VERSION`",
        )
    if target.versions is None:
        raise UserError(
            f"{target_name} runs the working tree, so it has no versions to set.",
            "Write its `versions` into live/inventory.yaml first, e.g. {data: 1.0.0}.",
        )
    return source, target, inventory.environments[names.index(target_name) - 1]


def _wanted(root: Path, library: Library, source: Environment, module: str) -> dict[str, Row]:
    found = running(root, library, source.versions)
    if module:
        require_module(source.name, module, found)
    chosen = {name: one for name, one in found.items() if module in {"", name}}
    missing = {name: one for name, one in chosen.items() if one.version is None}
    if missing:
        raise UserError(
            "\n".join(f"{name}: the working tree is not a release ({one.state})." for name, one in missing.items()),
            "First: " + "; ".join(_first(root, library, name) for name in missing),
        )
    return {name: library.releases[name, one.version] for name, one in chosen.items() if one.version}


def _first(root: Path, library: Library, module: str) -> str:
    if history.uncommitted(root, module):
        return f"commit modules/{module}, then `meridian release {module} VERSION`"
    return f"`meridian release {module} {lowest_version(root, module, releases_of(library, module))}`"


def _require_forward(library: Library, target: Environment, rows: Mapping[str, Row]) -> None:
    for module, row in rows.items():
        current = (target.versions or {}).get(module)
        if current and library.releases[module, current].order > row.order:
            raise UserError(
                f"{target.name} has {module} {current} already, which is later than {row.version}.",
                f"To go back: `meridian rollback {target.name} {module} {row.version}`",
            )


def _require_no_lead(
    before: Mapping[str, Running],
    target: Environment,
    source: Environment,
    previous: Environment,
    rows: Mapping[str, Row],
    library: Library,
) -> None:
    for module, row in rows.items():
        here = before.get(module)
        # Unreleased changes are later than every release.
        if here is None or (here.version and library.releases[module, here.version].order < row.order):
            what = f"has {module} {here.version}" if here else f"does not have {module}"
            raise UserError(
                f"{target.name} would lead {previous.name}, which {what}.",
                f"First: `meridian promote {source.name} {previous.name} --module {module}`",
            )


def _locks(root: Path, source: Environment, target: Environment, previous: Environment, *, whole: bool) -> list[Change]:
    change = provider_lock.copy_lock(root, source.name, target.name)
    if change and not whole:
        say(
            f"note: the provider lock of {target.name} differs from that of {source.name}; "
            "promote without --module to copy it."
        )
        return []
    if change and previous is not source and provider_lock.copy_lock(root, source.name, previous.name):
        raise UserError(
            f"{target.name} would lead {previous.name} in the versions of providers.",
            f"First: `meridian promote {source.name} {previous.name}`",
        )
    return [change] if change else []


def _moves(root: Path, library: Library, target: Environment, rows: Mapping[str, Row]) -> list[Move]:
    current = target.versions or {}
    return [
        compare_versions(root, library.releases[module, current[module]] if module in current else None, row)
        for module, row in rows.items()
        if current.get(module) != row.version
    ]
