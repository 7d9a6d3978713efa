"""Versions of modules and providers compared: an environment may be behind the one before it, never ahead."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from meridian.inventory.model import Environment, Inventory
from meridian.parity.difference import Difference, Side
from meridian.parity.places import Places
from meridian.releases import provider_lock
from meridian.releases.versions import Status

BEHIND = "promotion order: not promoted yet"
_PROVIDER = re.compile(r'^provider "([^"]+)" \{\n\s*version\s*=\s*"([^"]+)"', re.MULTILINE)


def of_modules(inventory: Inventory, cells: Sequence[Status], places: Places) -> Iterator[Difference]:
    """Yield where an environment runs another version of a module than the one before it."""
    found = {(cell.environment, cell.module): cell for cell in cells}
    modules = sorted({cell.module for cell in cells})
    for before, after in zip(inventory.environments, inventory.environments[1:], strict=False):
        for module in modules:
            first, second = found.get((before.name, module)), found.get((after.name, module))
            if second is None:
                intended, differs = True, first is not None
            else:
                intended, differs = second.against_previous == "behind", second.against_previous != "level"
            if differs:
                yield Difference(
                    subject=f"{module} version",
                    first=_side(before, first, module, places),
                    second=_side(after, second, module, places),
                    intended=intended,
                    why=BEHIND if intended else f"{after.name} leads {before.name}, which runs first",
                )


def of_providers(root: Path, before: Environment, after: Environment) -> Iterator[Difference]:
    """Yield how the provider lock of an environment differs from that of the one before it."""
    first, second = provider_lock.read_lock(root, before.name), provider_lock.read_lock(root, after.name)
    if first == second:
        return
    old, new = dict(_PROVIDER.findall(first or "")), dict(_PROVIDER.findall(second or ""))
    if first is None or second is None:
        intended, why = False, "a lock file is missing: copy it from the environment before"
    elif old == new:
        intended, why = False, "the same versions with other hashes; take one of them back from git"
    else:
        intended = all(name in old and _order(version) <= _order(old[name]) for name, version in new.items())
        why = BEHIND if intended else f"{after.name} leads {before.name}, which runs first"
    yield Difference("provider lock", _lock(before, old), _lock(after, new), intended, why)


def _side(environment: Environment, cell: Status | None, module: str, places: Places) -> Side:
    value = "not there" if cell is None else cell.version or f"working tree ({cell.state})"
    return Side(environment.name, value, places.line("environments", environment.name, "versions", module))


def _lock(environment: Environment, providers: dict[str, str]) -> Side:
    value = ", ".join(f"{name.rpartition('/')[2]} {version}" for name, version in providers.items()) or "none"
    return Side(environment.name, value, f"live/{environment.name}/{provider_lock.NAME}")


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
