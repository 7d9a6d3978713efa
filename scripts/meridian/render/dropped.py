"""Refuses a tree that lacks units which a commit has: their states would stay in the bucket, unseen and paid for."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian import git
from meridian.errors import CouldNotTell, UserError
from meridian.inventory.model import Environment, Inventory
from meridian.inventory.names import EXAMPLE_REPOSITORY
from meridian.inventory.retired_states import KEY, format_entries, is_retired, new_entries
from meridian.paths import INVENTORY
from meridian.render import marker
from meridian.render.committed import Committed, find_commit, find_common, read_commit
from meridian.render.plan import UNIT
from meridian.yamlfile import document
from meridian.yamlfile.problems import KeyPath, format_path, join_words

MAIN = "refs/remotes/origin/main"
FACTS = ("account_id", "project", "primary_region", "state_bucket")
"""What the place of a state depends on; the project and the account make the bucket's name."""


@dataclass(frozen=True)
class Cause:
    """Why units are dropped: `what` is a fact of the environment, or environment, region or module."""

    environment: str
    what: str
    value: str


@dataclass(frozen=True)
class Dropped:
    """A unit of a commit that is gone, or whose state is looked for elsewhere; `state` is the folder of its state."""

    environment: str
    region: str
    module: str
    state: str
    cause: Cause


def require_kept(files: Mapping[str, str], inventory: Inventory, root: Path) -> None:
    """Raise UserError if a unit of HEAD, or of main as last fetched from origin, would be dropped.

    Units of retired or retiring regions may go, and those whose states the change records below `retired_states`.
    What was never committed was never deployed. CouldNotTell in a clone without the history.
    """
    for base, name in _bases(root):
        if found := find_dropped(base, files, inventory):
            raise _error(root, name, base, found)


def find_dropped(base: Committed, files: Mapping[str, str], inventory: Inventory) -> list[Dropped]:
    """Return the units of a commit whose states would belong to no unit of these files."""
    facts = base.environments()
    environments = {one.name: one for one in inventory.environments}
    found: dict[str, Dropped] = {}
    for path in sorted(base.units):
        _, name, region, module, _ = path.split("/")
        were = facts.get(name, {})
        if were.get("repository") == EXAMPLE_REPOSITORY != inventory.repository:
            # `meridian init`: the fork has deployed nothing of the example.
            continue
        if cause := _cause(path, environments.get(name), were, inventory.project, rendered=path in files):
            state = f"s3://{were.get('state_bucket', '')}/{path.removesuffix(f'/{UNIT}')}"
            found[path] = Dropped(name, region, module, state, cause)
    if not found:
        return []
    before, texts = _plain_inventory(base), base.texts(found)
    recorded = new_entries(inventory.retired_states, before.get(KEY))
    return [
        one
        for path, one in found.items()
        if marker.is_generated(texts[path])
        and not is_retired(one.state, recorded)
        and not _is_retired_region(one, before, environments)
    ]


def _bases(root: Path) -> Iterator[tuple[Committed, str]]:
    """Yield HEAD, and where it left origin's main if that is another commit; nothing without a repository."""
    head = find_commit(root, "HEAD") if os.path.lexists(root / ".git") else None
    if head is None:
        return
    yield read_commit(root, head), "HEAD"
    common = find_common(root, MAIN)
    if common is None and find_commit(root, MAIN) and git.is_shallow(root):
        raise CouldNotTell(
            "origin/main and HEAD share no commit in this clone, so units that went cannot be found.",
            "Fetch the history: `git fetch --unshallow origin`",
        )
    if common not in {None, head}:
        yield read_commit(root, str(common)), "origin/main"


def _plain_inventory(base: Committed) -> dict[str, Any]:
    try:
        return base.inventory()
    except UserError:
        # It is being repaired; env.hcl still says where the states are.
        return {}


def _cause(
    path: str, now: Environment | None, were: Mapping[str, str], project: str, *, rendered: bool
) -> Cause | None:
    _, name, region, module, _ = path.split("/")
    if now is None:
        return Cause(name, "environment", name)
    for fact in FACTS:
        if fact in were and were[fact] != (project if fact == "project" else getattr(now, fact)):
            return Cause(name, fact, were[fact])
    if rendered:
        return None
    return Cause(name, "module", module) if region in now.region_names else Cause(name, "region", region)


def _is_retired_region(unit: Dropped, before: Mapping[str, Any], environments: Mapping[str, Environment]) -> bool:
    """Return whether a unit went with its region, which was retiring or has a tombstone now."""
    if unit.cause.what != "region":
        return False
    value: Any = before
    for key in ("environments", unit.environment, "regions", unit.region, "retiring"):
        value = value.get(key) if isinstance(value, dict) else None
    return value is True or unit.region in environments[unit.environment].retired


def _error(root: Path, name: str, base: Committed, found: Sequence[Dropped]) -> UserError:
    """Return the error: a line for each cause, then the ways out."""
    groups: dict[Cause, list[Dropped]] = {}
    for one in found:
        groups.setdefault(one.cause, []).append(one)
    source = document.read_file(root / INVENTORY, INVENTORY.as_posix())
    messages = []
    for cause, units in groups.items():
        place, what = _sentence(cause, units)
        path = _path(cause)
        units_key = ("environments", cause.environment, "units", cause.value)
        if cause.what == "module" and source.has(units_key):
            path = units_key
        count = f"{len(units)} unit" + ("s" if len(units) > 1 else "")
        messages.append(
            f"{INVENTORY}:{source.line(path)}: {format_path(path)}: {what}; {name} has {count} {place}. "
            f"Resources and states would stay in {_location(cause, units)} without a unit."
        )
    return UserError("\n".join(messages), "\n  ".join(_ways_out(name, base, groups)))


def _sentence(cause: Cause, units: Sequence[Dropped]) -> tuple[str, str]:
    if cause.what == "environment":
        return "in it", f"environment {cause.value} is gone"
    if cause.what == "region":
        return "in it", f"region {cause.value} is gone"
    if cause.what == "module":
        regions = join_words(dict.fromkeys(one.region for one in units))
        return "of it there", f"module {cause.value} no longer runs in {regions}"
    subject = "the state bucket " if cause.what == "state_bucket" else ""
    return "of this environment", f"{subject}was {cause.value} when its units were rendered"


def _path(cause: Cause) -> KeyPath:
    if cause.what == "environment":
        return ("environments",)
    if cause.what == "project":
        return ("project",)
    key = {"region": "regions", "module": "versions", "state_bucket": "account_id"}.get(cause.what, cause.what)
    return ("environments", cause.environment, key)


def _location(cause: Cause, units: Sequence[Dropped]) -> str:
    """Return what `retired_states` must name: the environment, the region, or the module in its regions."""
    bucket = units[0].state.partition("/live/")[0]
    if cause.what == "region":
        return f"{bucket}/live/{cause.environment}/{cause.value}"
    if cause.what == "module":
        regions = {one.region for one in units}
        return f"{bucket}/live/{cause.environment}/{regions.pop() if len(regions) == 1 else '*'}/{cause.value}"
    return f"{bucket}/live/{cause.environment}"


def _ways_out(name: str, base: Committed, groups: Mapping[Cause, Sequence[Dropped]]) -> Iterator[str]:
    yield (
        f"Put it back and run `meridian generate`; "
        f"`git diff {name if name == 'HEAD' else base.short} -- live modules` shows what was there."
    )
    regions = [f"`meridian remove-region {one.environment} {one.value}`" for one in groups if one.what == "region"]
    if regions:
        yield f"Then, to remove a region in two steps: {join_words(regions)}."
    removable = {one: units for one, units in groups.items() if one.what == "module" and not _variable(base, units)}
    if removable:
        commands = [f"`{one}`" for cause, units in removable.items() for one in _remove_unit(base, cause, units)]
        yield f"Then, to remove a module in two steps: {join_words(commands)}."
    if any(one.get("repository") == EXAMPLE_REPOSITORY for one in base.environments().values()):
        yield "To make a fork yours, use `meridian init`."
    others = [one for one in groups if one.what != "region" and one not in removable]
    if others:
        destroys = ", ".join(dict.fromkeys(_destroy(one, _variable(base, groups[one])) for one in others))
        entries = format_entries(dict.fromkeys(_location(one, groups[one]) for one in others))
        yield (
            f"To give units up, destroy them while they are there: {destroys}. "
            f"Then make the change again and record it at the top level of {INVENTORY}: `{entries}`"
        )


def _remove_unit(base: Committed, cause: Cause, dropped: Sequence[Dropped]) -> list[str]:
    """Return the commands that remove a module's units: from the environment, or from some of its regions."""
    regions = {path.split("/")[2] for path in base.units if path.split("/")[1::2] == [cause.environment, cause.value]}
    gone = dict.fromkeys(one.region for one in dropped)
    command = f"meridian remove-unit {cause.environment} {cause.value}"
    return [command] if regions == gone.keys() else [f"{command} --region {one}" for one in gone]


def _variable(base: Committed, dropped: Sequence[Dropped]) -> str:
    """Return the variable that lets Terragrunt work on units which only `bootstrap` applies; empty for others."""
    texts = base.texts(f"live/{one.environment}/{one.region}/{one.module}/{UNIT}" for one in dropped)
    return "MERIDIAN_BOOTSTRAP=1 " if any("MERIDIAN_BOOTSTRAP" in text for text in texts.values()) else ""


def _destroy(cause: Cause, variable: str) -> str:
    if cause.what != "module":
        return f"`meridian destroy {cause.environment}`"
    return (
        f'`eval "$(meridian env {cause.environment})" && {variable}terragrunt run --all '
        f"--working-dir live/{cause.environment} --filter './*/{cause.value}' -- destroy`"
    )
