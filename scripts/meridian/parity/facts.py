"""Everything but inputs compared: each environment with the one before it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian.change import provider_lock
from meridian.change.versions import Status
from meridian.engines import read_locked
from meridian.inventory.model import Environment
from meridian.paths import INVENTORY, PROVIDER_LOCK
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, join_words

BEHIND = "promotion order: not promoted yet"


@dataclass(frozen=True)
class Side:
    """One of two: an environment or a region of it (`dev/us-east-1`), its value, and the file that sets it."""

    where: str
    value: Any
    place: str

    def __str__(self) -> str:
        """`staging 512 (live/inventory.yaml:31)`."""
        return f"{self.where} {format_value(self.value)} ({self.place})"


@dataclass(frozen=True)
class Difference:
    """Two sides that differ, and why; `intended` if the inventory declares it or it follows from the design."""

    subject: str
    first: Side
    second: Side
    intended: bool
    why: str

    def __str__(self) -> str:
        """One line: verdict, subject, both sides, why."""
        return f"{'PASS' if self.intended else 'FAIL'}  {self.subject}  {self.first}, {self.second}: {self.why}"


def format_value(value: Any) -> str:
    """Return a value as text: a printable string as it is, everything else as JSON."""
    if isinstance(value, str) and value.isprintable():
        return value
    return json.dumps(value, ensure_ascii=isinstance(value, str), default=str)


def place_of(source: Document, path: KeyPath) -> str:
    """Return the line of a key in the inventory, or of the nearest key above it."""
    return f"{INVENTORY}:{source.line(path)}"


def compare_environments(before: Environment, after: Environment, source: Document) -> Iterator[Difference]:
    """Yield the facts that every environment has for itself: account, primary region, protection, regions."""
    for key in ("account_id", "primary_region", "protected", "regions"):
        first, second = (
            join_words(sorted(one.region_names)) if key == "regions" else getattr(one, key) for one in (before, after)
        )
        if first != second:
            yield Difference(
                subject=key,
                first=Side(before.name, first, place_of(source, ("environments", before.name, key))),
                second=Side(after.name, second, place_of(source, ("environments", after.name, key))),
                intended=True,
                why="by design: each environment has its own",
            )


def compare_modules(
    before: Environment, after: Environment, statuses: Sequence[Status], source: Document
) -> Iterator[Difference]:
    """Yield the modules of which an environment runs another version than the one before it; behind is intended."""
    found = {(one.environment, one.module): one for one in statuses}
    for module in sorted({one.module for one in statuses}):
        first, second = found.get((before.name, module)), found.get((after.name, module))
        if first is second is None or (second and second.against_previous == "level"):
            continue
        intended = second is None or second.against_previous == "behind"
        yield Difference(
            subject=f"{module} version",
            first=_version(before, first, module, source),
            second=_version(after, second, module, source),
            intended=intended,
            why=BEHIND if intended else _leads(before, after),
        )


def _version(environment: Environment, status: Status | None, module: str, source: Document) -> Side:
    value = "not there" if status is None else status.version or f"working tree ({status.state})"
    return Side(environment.name, value, place_of(source, ("environments", environment.name, "versions", module)))


def compare_providers(root: Path, before: Environment, after: Environment) -> Iterator[Difference]:
    """Yield the difference of an environment's provider lock from that of the one before it; behind is intended."""
    first, second = (provider_lock.read_lock(root, one.name) for one in (before, after))
    if first == second:
        return
    old, new = read_locked(first or ""), read_locked(second or "")
    if first is None or second is None:
        intended, why = False, "a lock file is missing: copy it from the environment before"
    elif old == new:
        intended, why = False, "the same versions with other hashes: restore one of them from git"
    else:
        intended = all(name in old and _order(version) <= _order(old[name]) for name, version in new.items())
        why = BEHIND if intended else _leads(before, after)
    yield Difference("provider lock", _lock(before, old), _lock(after, new), intended, why)


def _lock(environment: Environment, providers: dict[str, str]) -> Side:
    value = ", ".join(f"{name.rpartition('/')[2]} {version}" for name, version in providers.items()) or "none"
    return Side(environment.name, value, f"live/{environment.name}/{PROVIDER_LOCK}")


def _leads(before: Environment, after: Environment) -> str:
    return f"{after.name} leads {before.name}, which runs first"


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
