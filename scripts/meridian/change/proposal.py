"""An edit of the inventory with its effect on live/: shown, or written as a whole or not at all."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from meridian import report
from meridian.console import say
from meridian.errors import Exit, UserError
from meridian.files import lock_folder
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Inventory
from meridian.modules.library import Library
from meridian.paths import INVENTORY
from meridian.render import write
from meridian.render.command import RenderedTree, format_diff, render_inventory, require_current
from meridian.render.tree import find_files
from meridian.render.write import Change


@dataclass(frozen=True)
class Proposal:
    """The effect of an edit; `changes` are below live/, `beside` are other files of the repository.

    The order of writing is `beside`, then `changes`: files beside units, the inventory, the rendered files. Until the
    inventory is written, a command that was killed can be given again; after that `meridian generate` finishes it.
    """

    root: Path
    wanted: RenderedTree
    changes: Sequence[Change]
    beside: Sequence[Change]

    @property
    def inventory(self) -> Inventory:
        """The inventory after the edit."""
        return self.wanted.inventory


@contextlib.contextmanager
def editing(root: Path, *, dry_run: bool) -> Iterator[Inventory]:
    """Yield the inventory while no other command writes live/; a dry run does not wait for others.

    Raises UserError if the inventory is wrong or a link, or if live/ is not current.
    """
    if (root / INVENTORY).is_symlink():
        raise UserError(f"{INVENTORY} is a link.", "Replace it by a file: Meridian never writes through a link.")
    with contextlib.nullcontext() if dry_run else lock_folder(root / "live"):
        inventory = load_inventory(root / INVENTORY, Library(root))
        require_current(root)
        yield inventory


def propose(
    root: Path, edit: Callable[[str], str], first: Sequence[Change] = (), beside: Sequence[Change] = ()
) -> Proposal:
    """Return the effect of an edit of the inventory's text; `first` are more files below live/ that change with it.

    Raises UserError if the new inventory would be wrong, or if a file without the marker is in the way.
    """
    before = (root / INVENTORY).read_bytes().decode("utf-8")
    after = edit(before)
    try:
        wanted = render_inventory(root, after)
    except UserError as error:
        raise UserError(
            error.message, error.hint or "Nothing was changed; the lines are those after the edit."
        ) from error
    units = write.compare_files(wanted.files, root, find_files(root))
    write.require_generated(units)
    inventory = [Change(INVENTORY.as_posix(), "stale", before, after)] if after != before else []
    return Proposal(root, wanted, [*first, *inventory, *units], beside)


def finish(
    command: str,
    proposal: Proposal,
    facts: Mapping[str, Any],
    head: Sequence[str],
    steps: Sequence[str],
    again: str,
    *,
    dry_run: bool,
    as_json: bool,
    show_diff: bool = False,
) -> Exit:
    """Write the proposal unless it is a dry run, keep the report and print it; return the exit code.

    The report is `facts`, the changed files and the commands that come next: `steps`, after a dry run `again`.
    A dry run always shows the diff, `show_diff` shows it after writing too.
    """
    if not dry_run:
        write.write_changes([*proposal.beside, *proposal.changes], proposal.root)
    show_diff = show_diff or dry_run
    rows: list[dict[str, Any]] = [
        {"path": one.path, "action": _action(one), "diff": format_diff(one) if show_diff else None}
        for one in (*proposal.changes, *proposal.beside)
    ]
    following = [again] if dry_run else steps
    body = {"dry_run": dry_run, "changes": rows, **facts, "next": following}
    report.write_report(proposal.root, command, Exit.OK, body, as_json=as_json)
    for notice in proposal.wanted.notices:
        say(f"note: {notice}")
    if as_json:
        return Exit.OK
    lines = [*head]
    if rows:
        lines += [
            "Files that would change (dry run, nothing was written):" if dry_run else "Files:",
            *(f"  {row['action']:8} {row['path']}" for row in rows),
            *(row["diff"].rstrip("\n") for row in rows if show_diff),
            "Next:",
            *(f"  {step}" for step in following),
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    return Exit.OK


def _action(change: Change) -> str:
    if change.before is None:
        return "new"
    return "deleted" if change.after is None else "changed"


def find_appliers(proposal: Proposal, environment: str) -> list[str]:
    """Return the commands that apply what changes and `apply` leaves out: `bootstrap` for the roles."""
    contracts = proposal.wanted.contracts[environment]
    modules = {PurePosixPath(change.path).parent.name for change in proposal.changes} & contracts.keys()
    return sorted({applier for module in modules if (applier := contracts[module].applied_by)})
