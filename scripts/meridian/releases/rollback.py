"""`meridian rollback`: a module goes back to an earlier released version in one environment."""

from pathlib import Path

from meridian import report
from meridian.console import say
from meridian.errors import Exit, UserError
from meridian.inventory.model import Environment, Inventory
from meridian.inventory.problems import listed, nearest, shown
from meridian.modules.ledger import Row
from meridian.modules.library import Library
from meridian.regions.proposal import begun
from meridian.releases import apply, stateful
from meridian.releases.move import between, released


@report.kept("rollback")
def rollback(root: Path, environment: str, module: str, version: str, *, dry_run: bool, as_json: bool) -> int:
    """Pin a module of an environment to an earlier version, and render it.

    Raises UserError, with nothing changed, for a version that is not earlier, for a module that holds data
    across a major version, and for a live/ that is not current.
    """
    with begun(root, dry_run=dry_run) as inventory:
        library = Library(root)
        chosen = inventory.environment(environment)
        current = _current(library, chosen, module)
        wanted = released(library.releases, module, version)
        if wanted.order >= current.order:
            raise UserError(
                f"{module} {version} is not earlier than {current.version}, which {environment} has.",
                "The way forward is `meridian promote FROM TO`.",
            )
        _require_same_data(root, current, wanted)
        move = between(root, current, wanted)
        found = apply.proposal(root, environment, [move])
        if not dry_run:
            found.apply()
    for name in _followers(inventory, library, chosen, wanted):
        say(f"note: {name} now leads {environment} in {module}; `meridian parity` fails until that ends.")
    facts = {"environment": environment}
    apply.tell(root, "rollback", environment, [move], found, facts, dry_run=dry_run, as_json=as_json)
    return Exit.OK


def _current(library: Library, environment: Environment, module: str) -> Row:
    if environment.versions is None:
        raise UserError(
            f"{environment.name} runs the working tree, so it has no version to take back.",
            f"Take the change back in git: git log -- modules/{module}.",
        )
    if module not in environment.versions:
        known = environment.versions
        hint = nearest(module, known).strip() or f"It has {listed(known)}."
        raise UserError(f"{environment.name} has no module {shown(module)}.", hint)
    return library.releases[module, environment.versions[module]]


def _require_same_data(root: Path, current: Row, wanted: Row) -> None:
    if current.order[0] == wanted.order[0]:
        return
    held = sorted({*stateful.held(root, current), *stateful.held(root, wanted)})
    if held:
        raise UserError(
            f"{current.module} {current.version} -> {wanted.version} crosses a major version, and {current.module} "
            f"holds what cannot be made again ({listed(held)}): an older major may replace or delete it.",
            f"Go forward instead: mend modules/{current.module}, release it, promote it.",
        )


def _followers(inventory: Inventory, library: Library, environment: Environment, wanted: Row) -> list[str]:
    """Return the environments after this one that have a later version than it will have."""
    after = inventory.environments[inventory.environments.index(environment) + 1 :]
    pins = {one.name: (one.versions or {}).get(wanted.module) for one in after}
    return [name for name, pin in pins.items() if pin and library.releases[wanted.module, pin].order > wanted.order]
