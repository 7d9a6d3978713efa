"""The units that a change touches, and why: from two inventories, two rendered trees and the files of modules."""

import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from meridian import git
from meridian.change.inventory_change import KeyChange, Plain, compare_inventories
from meridian.change.reach import Place, describe, find_reasons, reaches_whole
from meridian.modules.ledger import LEDGER
from meridian.paths import PROVIDER_LOCK
from meridian.render import marker
from meridian.render.command import RenderedTree
from meridian.render.committed import Committed
from meridian.render.plan import ENVIRONMENT, ROOT, UNIT
from meridian.render.units import READS

Kind = Literal["changed", "added", "removed", "dependent"]
OTHER_TEXT = "the rendered file (inventory and modules are the same)"
# Terraform reads neither documentation nor tests.
_UNUSED = re.compile(r"modules/[^/]+/(.*\.md|tests/.*)")
_MOCKS = re.compile(r"^  mock_outputs = .*?(?=^  mock_outputs_allowed)", re.MULTILINE | re.DOTALL)
_SIBLING = re.compile(r'"\.\./([a-z0-9-]+)')


@dataclass
class Touched:
    """One unit, `<environment>/<region>/<module>`: what happens to it, why, and the touched units that it reads."""

    unit: str
    kind: Kind
    reasons: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Sides:
    """What is compared: the tree of a commit, and the one that the working tree renders."""

    base: Committed
    now: RenderedTree
    changes: Sequence[KeyChange]
    inventories: tuple[Plain, Plain]
    files: frozenset[str]
    """Changed files of modules/ and provider locks."""


def find_touched(base: Committed, now: RenderedTree, before: Plain, after: Plain) -> list[Touched]:
    """Return the touched units and those that read their outputs, by name.

    `before` and `after` are the inventories as plain values.
    """
    changes = compare_inventories(before, after)
    sides = _Sides(base, now, changes, (before, after), frozenset(changed_files(base)))
    units = {one.path for one in now.planned if one.path.count("/") == 4}
    ids = _blob_ids(now.files, units | {ROOT}, len(base.commit))
    differ = {path for path in units & base.units if ids[path] != base.blobs[path]}
    gone = base.units - units
    texts = base.texts(differ | gone)
    gone = {path for path in gone if marker.is_generated(texts[path])}
    found = {_name(path): Touched(_name(path), "removed", _why_moved(sides, path)) for path in gone}
    for path in units - base.units:
        found[_name(path)] = Touched(_name(path), "added", _why_moved(sides, path))
    shared = _shared_reasons(sides, root_differs=ids[ROOT] != base.blobs.get(ROOT))
    for path in units & base.units:
        own = path in differ and _MOCKS.sub("", texts[path]) != _MOCKS.sub("", now.files[path])
        reasons = _why_changed(sides, path, shared, differs=own)
        if reasons:
            found[_name(path)] = Touched(_name(path), "changed", reasons)
    return _with_dependents(found, _edges(now, texts))


def changed_files(base: Committed) -> set[str]:
    """Return the files of modules/ and the provider locks that differ from a commit, new ones included."""
    where = ("--", "modules", f"live/*/{PROVIDER_LOCK}")
    plain = ("--name-only", "--no-renames", "--no-ext-diff", "-z")
    listed = git.run_git(base.root, "diff", *plain, base.commit, *where)
    listed += git.run_git(base.root, "ls-files", "--others", "--exclude-standard", "-z", *where)
    names = listed.decode("utf-8", "surrogateescape").split("\0")
    return {name for name in names if name and not _UNUSED.fullmatch(name)}


def _name(path: str) -> str:
    return path.removeprefix("live/").removesuffix(f"/{UNIT}")


def _blob_ids(files: Mapping[str, str], paths: Iterable[str], length: int) -> dict[str, str]:
    """Return git's ids of rendered texts; units that share a text share the work."""
    make = hashlib.sha1 if length == 40 else hashlib.sha256
    known: dict[int, str] = {}
    found = {}
    for path in paths:
        text = files[path]
        if id(text) not in known:
            data = text.encode()
            known[id(text)] = make(b"blob %d\0" % len(data) + data).hexdigest()
        found[path] = known[id(text)]
    return found


def _why_moved(sides: _Sides, path: str) -> list[str]:
    """Return why a unit is new or gone: a key of the inventory, or its manifest."""
    _, environment, region, module, _ = path.split("/")
    ends = [
        ("environments", environment),
        ("environments", environment, "regions", region),
        ("environments", environment, "versions", module),
        ("environments", environment, "units", module),
        ("environments", environment, "regions", region, "units", module),
    ]
    found = [describe(one) for one in sides.changes if one.path in ends]
    manifest = f"modules/{module}/unit.yaml"
    if not found and manifest in sides.files:
        found = [manifest]
    if not found:
        facts = [(*ends[0], "primary_region"), (*ends[0], "protected")]
        found = [describe(one) for one in sides.changes if one.path in facts]
    return found or [OTHER_TEXT]


def _shared_reasons(sides: _Sides, *, root_differs: bool) -> dict[str, list[str]]:
    """Return the reasons that hold for every unit of an environment."""
    found: dict[str, list[str]] = {}
    before = sides.base.texts([f"live/{one.name}/{ENVIRONMENT}" for one in sides.now.inventory.environments])
    for environment in sides.now.inventory.environments:
        name = environment.name
        facts, lock = f"live/{name}/{ENVIRONMENT}", f"live/{name}/{PROVIDER_LOCK}"
        whole = [describe(one) for one in sides.changes if reaches_whole(one, name)]
        protection = any(one.path == ("environments", name, "protected") for one in sides.changes)
        stale = not whole and not protection and before.get(facts) != sides.now.files[facts]
        found[name] = [
            *whole,
            *([ROOT] if root_differs else []),
            *([facts] if stale else []),
            *([lock] if lock in sides.files else []),
        ]
    return found


def _why_changed(sides: _Sides, path: str, shared: Mapping[str, list[str]], *, differs: bool) -> list[str]:
    _, environment, region, module, _ = path.split("/")
    contract = sides.now.contracts[environment][module]
    place = Place(environment, region, contract)
    found = [*shared[environment]]
    if contract.release is None:
        found += sorted(_of_module(sides.files, module, sides.base.root))
    if differs:
        own = [text for one in sides.changes for text in find_reasons(one, place, *sides.inventories)]
        found += own
        if not found and contract.release and LEDGER.as_posix() in sides.files:
            found = [LEDGER.as_posix()]
        found = found or [OTHER_TEXT]
    return list(dict.fromkeys(found))


def _of_module(files: Iterable[str], module: str, root: Path) -> Iterator[str]:
    """Yield the changed files that a module of the working tree is made of: its own, and those of its siblings."""
    folders = {module}
    by_folder: dict[str, list[str]] = {}
    for name in files:
        if name.count("/") > 1 and name.startswith("modules/"):
            by_folder.setdefault(name.split("/")[1], []).append(name)
    if by_folder.keys() - folders:
        folders = _siblings(root, module)
    for folder in folders & by_folder.keys():
        yield from by_folder[folder]


def _siblings(root: Path, module: str) -> set[str]:
    """Return a module and those that it refers to as `../<module>`, and so on."""
    found: set[str] = set()
    left = [module]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            for file in (root / "modules" / one).glob("*.tf"):
                left += _SIBLING.findall(file.read_text(encoding="utf-8", errors="replace"))
    return found


def _edges(now: RenderedTree, texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the units whose outputs a unit reads, now or before the change, by unit."""
    found: dict[str, list[str]] = {}
    for one in now.planned:
        if one.path.count("/") == 4:
            paths = [dependency["path"] for dependency in one.context["dependencies"]]
            found[_name(one.path)] = _joined(one.path, paths)
    for path, text in texts.items():
        found.setdefault(_name(path), []).extend(_joined(path, READS.findall(text)))
    return {unit: list(dict.fromkeys(reads)) for unit, reads in found.items()}


def _joined(path: str, reads: Iterable[str]) -> list[str]:
    folder = _name(path)
    return [posixpath.normpath(f"{folder}/{one}") for one in reads]


def _with_dependents(touched: dict[str, Touched], edges: Mapping[str, Sequence[str]]) -> list[Touched]:
    """Return the touched units, and the units that read one of them directly or through others."""
    readers: dict[str, list[str]] = {}
    for unit, reads in edges.items():
        for one in reads:
            readers.setdefault(one, []).append(unit)
    found, left = dict(touched), list(touched)
    while left:
        for unit in readers.get(left.pop(), []):
            if unit not in found:
                found[unit] = Touched(unit, "dependent")
                left.append(unit)
    for entry in found.values():
        entry.reads = sorted(set(edges.get(entry.unit, ())) & found.keys())
    return [found[unit] for unit in sorted(found)]
