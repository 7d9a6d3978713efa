"""`meridian generate`: load, plan, render, compare, apply; only the last step writes."""

import contextlib
import difflib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from meridian import report
from meridian.console import say
from meridian.engines import Engine, read_locked
from meridian.errors import Exit, UserError
from meridian.files import lock_folder
from meridian.inventory.load import check_inventory, load_inventory
from meridian.inventory.model import Inventory
from meridian.inventory.retired_states import format_entries, is_retired
from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.options import HERE, JsonOption, RootOption
from meridian.paths import INVENTORY, PROVIDER_LOCK
from meridian.render import plan, render, schema, write
from meridian.render.dropped import require_kept
from meridian.render.plan import PlannedFile
from meridian.render.tree import Tree, find_files
from meridian.render.write import MEANING, Change
from meridian.yamlfile import document

FIX = "meridian generate"


@dataclass(frozen=True)
class RenderedTree:
    """The files that an inventory renders (path in the repository to text), and notices about them."""

    files: Mapping[str, str]
    notices: Sequence[str]
    inventory: Inventory
    planned: Sequence[PlannedFile]
    contracts: Mapping[str, Mapping[str, Contract]]
    """The modules of each environment."""


def render_inventory(root: Path, text: str | None = None) -> RenderedTree:
    """Return the files that the inventory (or another one's text), ledger and modules of a repository render.

    Raises UserError for anything wrong with one of these; nothing is written.
    """
    library = Library(root)
    if text is None:
        inventory = load_inventory(root / INVENTORY, library)
    else:
        inventory = check_inventory(document.parse_text(text, INVENTORY.as_posix()), library)
    contracts = {one.name: library.contracts(one.versions) for one in inventory.environments}
    planned = plan.plan_files(inventory, contracts)
    files = render.render_files(planned)
    files[f"live/{schema.FILE}"] = schema.format_schema(library.in_use())
    notices = plan.find_notices(inventory, contracts, library.contracts(None))
    return RenderedTree(files, notices, inventory, planned, contracts)


@report.with_report("generate")
def generate(
    root: RootOption = HERE,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; print a diff and exit 1 if a file differs.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Render live/ and terragrunt.hcl from live/inventory.yaml.

    Example: meridian generate --check
    """
    live = root / "live"
    _require_folder(live)
    # The inventory is read after another run has written: the second run renders what it says by then.
    with contextlib.nullcontext() if check else lock_folder(live):
        wanted = render_inventory(root)
        tree = find_files(root)
        changes = write.compare_files(wanted.files, root, tree)
        _require_unmoved(changes, wanted.inventory, root)
        require_kept(wanted.files, wanted.inventory, root)
        notices = [*wanted.notices, *_left_alone(wanted, root, tree)]
        if not check:
            write.require_generated(changes)
            write.write_changes(changes, root)
    for notice in notices:
        say(f"note: {notice}")
    code = Exit.FINDINGS if check and changes else Exit.OK
    report.write_report(root, "generate", code, _body(wanted.files, changes, notices, check), as_json=as_json)
    if as_json:
        return code
    if check:
        _show(changes, len(wanted.files))
    else:
        _summarise(changes, len(wanted.files))
    return code


def require_current(root: Path) -> None:
    """Raise UserError unless the root terragrunt.hcl and live/ are exactly what the inventory renders."""
    _require_folder(root / "live")
    changes = write.compare_files(render_inventory(root).files, root, find_files(root))
    write.require_generated(changes)
    if changes:
        names = ", ".join(f"{change.path} ({change.kind})" for change in changes[:3])
        more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
        raise UserError(
            f"The tree is not what {INVENTORY} renders: {names}{more}.",
            f"`{FIX} --check` shows the difference, `{FIX}` fixes it.",
        )


def _require_folder(live: Path) -> None:
    """Raise UserError unless live/ is a folder of its own."""
    if live.is_symlink():
        raise UserError("live/ is a link.", "It must be a folder of the repository: nothing outside is ever written.")
    if not live.is_dir():
        raise UserError("live/ is missing.", f"It is the folder that holds {INVENTORY}.")


def _require_unmoved(changes: Sequence[Change], inventory: Inventory, root: Path) -> None:
    """Raise UserError if units would leave their region for the new primary region of their environment."""
    missing = {change.path for change in changes if change.kind == "missing"}
    extra = [change.path.split("/") for change in changes if change.kind == "extra"]
    for environment in inventory.environments:
        name, region = environment.name, environment.primary_region
        states = f"s3://{environment.state_bucket}/live/{name}"
        left = [
            path[2] for path in extra if path[1:2] == [name] and "/".join(["live", name, region, *path[3:]]) in missing
        ]
        if not left or is_retired(f"{states}/{left[0]}", inventory.retired_states):
            continue
        line = document.read_file(root / INVENTORY, INVENTORY.as_posix()).line(("environments", name, "primary_region"))
        raise UserError(
            f"{INVENTORY}:{line}: environments.{name}.primary_region: the users of {name} and the state of every unit "
            f"are in {left[0]}; they cannot move to {region}.",
            "A new primary region needs a new user pool (users sign up again, tokens become invalid), a new state "
            "bucket and key, and a copy of every state: make a new environment there with `meridian add-env` and let "
            f"the users change over. If {name} was never deployed, or is destroyed and its state bucket deleted, "
            f"say so at the top level of {INVENTORY}: `{format_entries([states])}`",
        )


def _left_alone(wanted: RenderedTree, root: Path, tree: Tree) -> list[str]:
    locks = [f"live/{one.name}/{PROVIDER_LOCK}" for one in wanted.inventory.environments]
    return [
        f"{path} is not generated; `meridian generate` never changes it."
        for path in write.find_ungenerated(wanted.files, root, tree)
    ] + [note for lock in locks if (note := _note_on_lock(root / lock, lock, wanted.inventory.engine))]


def _note_on_lock(path: Path, name: str, engine: Engine) -> str:
    """Return what is wrong with an environment's lock file, or an empty string."""
    if not path.is_file():
        return f"{name} is missing: copy it from the previous environment."
    if engine.provider in read_locked(path.read_text(encoding="utf-8", errors="replace")):
        return ""
    return f"{name} does not lock {engine.provider}, which {engine.title} uses: run `meridian lock`."


def _body(files: Mapping[str, str], changes: Sequence[Change], notices: Sequence[str], check: bool) -> dict[str, Any]:
    return {
        "files": len(files),
        "changes": [
            {"path": change.path, "kind": change.kind, "diff": format_diff(change) if check else None}
            for change in changes
        ],
        "notices": list(notices),
        "fix": _fix(changes) if check and changes else None,
    }


def _show(changes: Sequence[Change], count: int) -> None:
    for change in changes:
        sys.stdout.write(f"FAIL  {change.path}  {MEANING[change.kind]}. Fix: {_fix([change])}\n{format_diff(change)}")
    if changes:
        sys.stdout.write(f"\n{len(changes)} of {count} files differ. Fix: {_fix(changes)}\n")
    else:
        sys.stdout.write(f"PASS  live/  {count} files are what {INVENTORY} renders\n")


def _summarise(changes: Sequence[Change], count: int) -> None:
    for change in changes:
        sys.stdout.write(f"{'deleted' if change.after is None else 'written'}  {change.path}\n")
    written = sum(change.after is not None for change in changes)
    sys.stdout.write(f"{written} written, {len(changes) - written} deleted, {count - written} unchanged\n")


def _fix(changes: Sequence[Change]) -> str:
    """Return the command that makes all of these files current."""
    foreign = any(change.kind == "foreign" for change in changes)
    return f"move away the files that are not generated, then {FIX}" if foreign else FIX


def format_diff(change: Change) -> str:
    """Return a change as a unified diff."""
    name = change.path
    lines = difflib.unified_diff(
        (change.before or "").splitlines(keepends=True),
        (change.after or "").splitlines(keepends=True),
        name if change.before is not None else "/dev/null",
        f"{name} (as it must be)" if change.after is not None else "/dev/null",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
