"""Compares plans by meaning: a fresh plan with the approved one, here or by a digest on another machine."""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from meridian import files
from meridian.errors import UserError
from meridian.inventory.model import Environment
from meridian.plans.changes import UNKNOWN, Attribute, Change, UnitChanges, canonical

FORMAT = 1
STDIN = Path("-")
Swap = tuple[Any, Any]
"""The old and the new value of an output that another unit reads."""


def find_unapproved(approved: UnitChanges, fresh: UnitChanges, swaps: Sequence[Swap]) -> list[str]:
    """Return a sentence for each thing that a fresh plan does and the approved one neither did nor left open.

    The approved plan leaves open what it does not know yet, and what follows from outputs that other units changed
    since: `swaps` has their old and new values. A fresh plan may do less.
    """
    known = {one.address: one for one in approved.changes}
    return [sentence for change in fresh.changes for sentence in _unapproved(known.get(change.address), change, swaps)]


def _unapproved(approved: Change | None, fresh: Change, swaps: Sequence[Swap]) -> Iterator[str]:
    if _kind(fresh) != (_kind(approved) if approved else ("update", "", "")):
        before = approved.action if approved else "no change"
        yield f"{fresh.address}: {fresh.action}; approved: {before}"
        return
    said = {one.path: one for one in approved.attributes} if approved else {}
    for one in fresh.attributes:
        if not _is_open(one, said, swaps, others_changed=bool(swaps)):
            yield f"{fresh.address}: {one.path}: {one.old or '(none)'} -> {one.new or '(none)'}"


def _is_open(one: Attribute, said: Mapping[str, Attribute], swaps: Sequence[Swap], *, others_changed: bool) -> bool:
    """Return True if the approved plan said this, left it open, or if it follows from the swapped outputs."""
    above = (said[path] for path in _upwards(one.path) if path in said)
    if any(approved.unknown for approved in above):
        return True
    before = said[one.path].after if one.path in said else one.before
    if one.unknown:
        # What AWS computes anew, e.g. a function's version, when an input has changed.
        return others_changed and one.path not in said
    return canonical(swap(before, swaps)) == canonical(one.after)


def _upwards(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(".")[0]


def swap(value: Any, swaps: Sequence[Swap]) -> Any:
    """Return a string or a list with each old output in it, whole or a part, replaced by the new one.

    True and 1 are left as they are: nothing shows that they come from the output.
    """
    if isinstance(value, list):
        return [swap(one, swaps) for one in value]
    if isinstance(value, bool | int | float):
        return value
    for old, new in swaps:
        if value == old:
            return new
        if isinstance(value, str) and isinstance(old, str) and isinstance(new, str) and old:
            value = value.replace(old, new)
    return value


def _kind(change: Change) -> tuple[str, str, str]:
    return change.action, change.previous, change.import_id


def fingerprint(changes: UnitChanges) -> str:
    """Return the SHA-256 of what a unit's plan changes: equal for equal meaning, and without any value to read.

    Values that are known only after the apply, and the order of lists, do not count.
    """
    meaning = [
        [[_kind(one), one.address, _meaning(one.attributes)] for one in changes.changes],
        _meaning(changes.outputs),
    ]
    return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


def _meaning(attributes: Sequence[Attribute]) -> list[list[str]]:
    return [
        [one.path, *((UNKNOWN,) if one.unknown else (canonical(one.before), canonical(one.after)))]
        for one in attributes
    ]


def write_digest(path: Path, environment: Environment, target: str, plans: Sequence[UnitChanges]) -> None:
    """Write the fingerprint of each unit's plan; the file holds no value of a plan."""
    digest = {**_about(environment, target), "units": {one.unit: fingerprint(one) for one in plans}}
    files.write_file(path, json.dumps(digest, indent=2, sort_keys=True) + "\n")


def read_digest(path: Path, environment: Environment, target: str) -> dict[str, str]:
    """Return the fingerprints of a digest by unit; the path `-` is stdin.

    Raises UserError if it is no digest, or one of another environment, account or target.
    """
    name = "digest.json" if path == STDIN else path
    again = f"Write one: `meridian plan {environment.name} --target {target} --digest {name}`."
    expected = _about(environment, target)
    try:
        digest = json.loads(sys.stdin.read() if path == STDIN else path.read_text(encoding="utf-8"))
        about, units = {name: digest[name] for name in expected}, dict(digest["units"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UserError(f"{path}: not a digest of a plan ({error}).", again) from error
    if about != expected:
        wrong = ", ".join(f"{name} {about[name]!r}" for name, value in expected.items() if about[name] != value)
        raise UserError(f"{path}: a digest of another plan: {wrong}.", again)
    return units


def find_differing(approved: Mapping[str, str], plans: Sequence[UnitChanges]) -> list[str]:
    """Return the units whose plans differ from those of a digest, or that only one of the two has.

    A plan that changes nothing never differs: an apply that was interrupted has already applied it.
    """
    found = {one.unit: fingerprint(one) for one in plans if one.changes or one.outputs}
    nothing = {one.unit for one in plans} - found.keys()
    return sorted(unit for unit in (approved.keys() | found.keys()) - nothing if approved.get(unit) != found.get(unit))


def _about(environment: Environment, target: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "environment": environment.name,
        "account_id": environment.account_id,
        "target": target,
    }
