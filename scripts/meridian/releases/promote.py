"""`meridian promote`: an environment gets the versions of one before it."""

from collections.abc import Mapping
from pathlib import Path

from meridian import report
from meridian.console import say
from meridian.errors import Exit, UserError
from meridian.generate.write import Change
from meridian.inventory.model import Environment, Inventory
from meridian.inventory.problems import listed, nearest, shown
from meridian.modules.ledger import Row
from meridian.modules.library import Library
from meridian.regions.proposal import begun
from meridian.releases import apply, history, provider_lock, working_tree
from meridian.releases.move import Move, between
from meridian.releases.release import suggestion
from meridian.releases.standing import releases_of

Versions = Mapping[str, str | None]


@report.kept("promote")
def promote(root: Path, source: str, target: str, *, module: str, dry_run: bool, as_json: bool) -> int:
    """Pin `target` to what `source` runs (one module, or all), with its provider lock if all are meant.

    Raises UserError, with nothing changed, for what cannot be promoted and for a live/ that is not current.
    """
    with begun(root, dry_run=dry_run) as inventory:
        library = Library(root)
        giver, taker, previous = _in_order(inventory, source, target)
        wanted = _wanted(root, library, giver, module)
        rows = {name: library.releases[name, version] for name, version in wanted.items()}
        _require_forward(library, taker, rows)
        locks = _locks(root, giver, taker, previous, whole=not module)
        if previous is not giver:
            _require_no_lead(_running(root, library, previous), taker, previous, rows, library)
        moves = _moves(root, library, taker, rows)
        found = apply.proposal(root, target, moves, locks) if moves or locks else None
        if found and not dry_run:
            found.apply()
    for name in sorted((taker.versions or {}).keys() - wanted.keys() if not module else ()):
        say(f"note: {name} stays as it is in {target}: {source} does not have it.")
    facts = {"from": source, "to": target, "provider_lock_changed": bool(locks)}
    apply.tell(root, "promote", target, moves, found, facts, dry_run=dry_run, as_json=as_json)
    return Exit.OK


def _in_order(inventory: Inventory, source: str, target: str) -> tuple[Environment, Environment, Environment]:
    """Return the environment that gives, the one that takes, and the one just before that."""
    giver, taker = inventory.environment(source), inventory.environment(target)
    names = [environment.name for environment in inventory.environments]
    if names.index(source) >= names.index(target):
        raise UserError(
            f"{source} is not before {target}: versions go {' -> '.join(names)}.",
            f"The way back is `meridian rollback {target} MODULE VERSION`.",
        )
    if taker.versions is None:
        raise UserError(
            f"{target} runs the working tree, so it has no versions to set.",
            "Write its `versions` into live/inventory.yaml first, e.g. {data: 1.0.0}.",
        )
    return giver, taker, inventory.environments[names.index(target) - 1]


def _running(root: Path, library: Library, environment: Environment) -> Versions:
    """Return the released versions that an environment runs; None where what runs was not released."""
    if environment.versions is not None:
        return environment.versions
    found = working_tree.examine(root, library.checked_out, library.releases)
    return {module: one.version for module, one in found.items()}


def _wanted(root: Path, library: Library, giver: Environment, module: str) -> dict[str, str]:
    running = _running(root, library, giver)
    if module and module not in running:
        hint = nearest(module, running).strip() or f"It has {listed(running)}."
        raise UserError(f"{giver.name} has no module {shown(module)}.", hint)
    chosen = {name: version for name, version in running.items() if module in {"", name}}
    missing = [name for name, version in chosen.items() if version is None]
    if missing:
        states = working_tree.examine(root, missing, library.releases)
        raise UserError(
            "\n".join(f"{name}: what is checked out is no release ({states[name].state})." for name in missing),
            "First: " + "; ".join(_first(root, library, name) for name in missing) + ".",
        )
    return {name: version for name, version in chosen.items() if version is not None}


def _first(root: Path, library: Library, module: str) -> str:
    if history.uncommitted(root, module):
        return f"commit modules/{module}, then meridian release {module} VERSION"
    return f"meridian release {module} {suggestion(root, module, releases_of(library.releases, module))}"


def _require_forward(library: Library, taker: Environment, rows: Mapping[str, Row]) -> None:
    for module, row in rows.items():
        current = (taker.versions or {}).get(module)
        if current and library.releases[module, current].order > row.order:
            raise UserError(
                f"{taker.name} has {module} {current} already, which is later than {row.version}.",
                f"The way back is `meridian rollback {taker.name} {module} {row.version}`.",
            )


def _require_no_lead(
    running: Versions, taker: Environment, previous: Environment, rows: Mapping[str, Row], library: Library
) -> None:
    for module, row in rows.items():
        has = running.get(module, "")
        if has == "" or (has is not None and library.releases[module, has].order < row.order):
            what = f"has {module} {has}" if has else f"does not have {module}"
            raise UserError(
                f"{taker.name} would lead {previous.name}, which {what}.",
                f"Promote {row.version} to {previous.name} first, and let it run there.",
            )


def _locks(root: Path, giver: Environment, taker: Environment, previous: Environment, *, whole: bool) -> list[Change]:
    change = provider_lock.change(root, giver.name, taker.name)
    if change and not whole:
        say(f"note: the provider lock of {taker.name} is not that of {giver.name}; promote all modules to take it.")
        return []
    if change and previous is not giver and provider_lock.change(root, giver.name, previous.name):
        raise UserError(
            f"{taker.name} would lead {previous.name} in the versions of providers.",
            f"Promote {giver.name} to {previous.name} first.",
        )
    return [change] if change else []


def _moves(root: Path, library: Library, taker: Environment, rows: Mapping[str, Row]) -> list[Move]:
    current = taker.versions or {}
    return [
        between(root, library.releases[module, current[module]] if module in current else None, row)
        for module, row in rows.items()
        if current.get(module) != row.version
    ]
