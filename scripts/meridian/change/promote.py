"""`meridian promote`: an environment gets the versions of the one before it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

import typer

from meridian import report
from meridian.change import history, provider_lock
from meridian.change.move import compare_versions, pin_versions
from meridian.change.proposal import editing
from meridian.change.release import lowest_version
from meridian.change.versions import Running, releases_of, require_module, running
from meridian.console import say
from meridian.errors import UserError
from meridian.inventory.model import Environment, Inventory
from meridian.modules.library import Library
from meridian.options import HERE, DryRunOption, JsonOption, RootOption
from meridian.yamlfile.problems import quote


@report.with_report("promote")
def promote(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The environment whose versions to use.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The environment after it, which gets them.")],
    root: RootOption = HERE,
    module: Annotated[str, typer.Option("--module", metavar="MODULE", help="Only this one; default: all.")] = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Pin an environment to the versions of the one before it.

    If FROM runs the working tree, its released versions are used. Without --module the provider lock is copied too.

    Example: meridian promote staging prod --module compute --dry-run
    """
    with editing(root, dry_run=dry_run) as inventory:
        library = Library(root)
        origin, goal = _in_order(inventory, source, target, module)
        current = goal.versions or {}
        found = running(root, library, origin.versions)
        if module:
            _require_there(root, library, inventory, origin, module, found)
        versions = _released_versions(root, library, origin, module, found)
        _require_forward(library, goal, versions)
        lock = None if module else provider_lock.copy_lock(root, source, target)
        moves = [
            compare_versions(library, name, current.get(name), version)
            for name, version in versions.items()
            if current.get(name) != version
        ]
        facts = {"from": source, "to": target}
        locks = [lock] if lock else []
        again = _command(source, target, module)
        code = pin_versions(root, "promote", target, moves, locks, facts, again, dry_run=dry_run, as_json=as_json)
    for name in sorted(current.keys() - versions.keys() if not module else ()):
        say(f"note: {name} stays as it is in {target}: {source} does not have it.")
    contracts = library.contracts({**current, **versions})
    for name in sorted(versions):
        if contracts[name].optional and not any(goal.places(contracts[name], one) for one in goal.region_names):
            say(f"note: {name} has no unit in {target} until `units: {{{name}: true}}` asks for it there.")
    return code


def _command(source: str, target: str, module: str) -> str:
    return f"meridian promote {source} {target}{f' --module {module}' if module else ''}"


def _in_order(inventory: Inventory, source_name: str, target_name: str, module: str) -> tuple[Environment, Environment]:
    """Return the environments to promote from and to; UserError unless the second follows the first."""
    source, target = inventory.environment(source_name), inventory.environment(target_name)
    names = [environment.name for environment in inventory.environments]
    steps = names.index(target_name) - names.index(source_name)
    if steps != 1:
        before = names[names.index(target_name) - 1]
        raise UserError(
            f"{source_name} is not just before {target_name}: versions go {' -> '.join(names)}.",
            f"One step at a time, so that no environment leads: `{_command(before, target_name, module)}`"
            if steps > 1
            else f"To go back: `meridian rollback {target_name} MODULE VERSION`",
        )
    if target.versions is None:
        raise UserError(
            f"{target_name} runs the working tree, so it has no versions to set.",
            "Write its `versions` into live/inventory.yaml first, e.g. {data: 1.0.0}.",
        )
    return source, target


def _require_there(
    root: Path, library: Library, inventory: Inventory, source: Environment, module: str, found: Collection[str]
) -> None:
    """Raise UserError unless an environment has a module; name the promotion that brings it there, if one does."""
    earlier = inventory.environments[: inventory.environments.index(source)][-1:]
    if module not in found and any(module in running(root, library, one.versions) for one in earlier):
        raise UserError(
            f"{source.name} has no module {quote(module)}.",
            f"It goes there first: `{_command(earlier[0].name, source.name, module)}`",
        )
    require_module(source.name, module, found)


def _released_versions(
    root: Path, library: Library, source: Environment, module: str, found: Mapping[str, Running]
) -> dict[str, str]:
    """Return the version of each module in an environment, or of one module; UserError for one without a version."""
    if module:
        found = {module: found[module]}
    else:
        found = {name: one for name, one in found.items() if one.version or not _is_unused(library, source, name)}
    missing = {name: one for name, one in found.items() if one.version is None}
    if missing:
        raise UserError(
            "\n".join(f"{name}: the working tree is not a release ({one.state})." for name, one in missing.items()),
            "First: " + "; ".join(_first(root, library, name) for name in missing),
        )
    return {name: one.version for name, one in found.items() if one.version}


def _is_unused(library: Library, environment: Environment, module: str) -> bool:
    """Return whether a module was never released and has no unit in an environment: nothing of it is promoted."""
    contract = library.contracts(environment.versions)[module]
    return not releases_of(library, module) and not any(
        environment.places(contract, region) for region in environment.region_names
    )


def _first(root: Path, library: Library, module: str) -> str:
    if history.uncommitted(root, module):
        return f"commit modules/{module}, then `meridian release {module} VERSION`"
    return f"`meridian release {module} {lowest_version(root, module, releases_of(library, module))}`"


def _require_forward(library: Library, target: Environment, versions: dict[str, str]) -> None:
    for module, version in versions.items():
        current = (target.versions or {}).get(module)
        if current and library.releases[module, current].order > library.releases[module, version].order:
            raise UserError(
                f"{target.name} has {module} {current} already, which is later than {version}.",
                f"To go back: `meridian rollback {target.name} {module} {version}`",
            )
