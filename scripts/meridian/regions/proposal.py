"""A change of inventory and live/ together: worked out whole, then written whole, or not at all."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian.errors import OperationFailed, UserError
from meridian.generate import hold, write
from meridian.generate.command import Rendered, diff, rendered, require_current
from meridian.generate.tree import Tree, walk
from meridian.generate.write import Change
from meridian.inventory.load import load
from meridian.inventory.model import Inventory
from meridian.modules.library import Library
from meridian.paths import INVENTORY


@dataclass(frozen=True)
class Proposal:
    """What an edit of the inventory leads to; `changes` holds new files beside units, the inventory, then the rest.

    In that order they are written: until the inventory is, the same command can be given again after a kill.
    `beside` are other files of the repository, by their path in it; they come first of all.
    """

    root: Path
    wanted: Rendered
    changes: list[Change]
    tree: Tree
    beside: Sequence[Change] = ()

    @property
    def inventory(self) -> Inventory:
        """The inventory as it will be."""
        return self.wanted.inventory

    def apply(self) -> None:
        """Write all of it. Raises OperationFailed, with nothing changed, if the disk refuses."""
        staged: list[tuple[Path, Path]] = []
        try:
            for one in self.beside:
                target = self.root / one.path
                staged.append((target.with_name(f".{target.name}.tmp"), target))
                staged[-1][0].unlink(missing_ok=True)
                write.stage(str(staged[-1][0]), one.after or "")
            write.apply(self.changes, self.root, self.tree, staged)
        except OSError as error:
            raise OperationFailed(f"{one.path}: {error.strerror}. Nothing was changed.") from error
        finally:
            for temporary, _ in staged:
                temporary.unlink(missing_ok=True)

    def rows(self, *, with_diff: bool) -> list[dict[str, Any]]:
        """Return the changes as a report has them."""
        return [
            {"path": one.path, "action": _action(one), "diff": diff(one) if with_diff else None}
            for one in (*self.changes, *self.beside)
        ]


@contextlib.contextmanager
def begun(root: Path, *, dry_run: bool) -> Iterator[Inventory]:
    """Give the inventory as it is, while no other command writes; live/ is what it says.

    Raises UserError if the inventory is wrong or a link, or if live/ is not current.
    """
    if (root / INVENTORY).is_symlink():
        raise UserError(f"{INVENTORY} is a link.", "Make it a file of the repository; links are never written through.")
    with contextlib.nullcontext() if dry_run else hold.alone(root / "live"):
        inventory = load(root / INVENTORY, Library(root))
        require_current(root)
        yield inventory


def propose(root: Path, edit: Callable[[str], str], extra: Mapping[str, str] | None = None) -> Proposal:
    """Return what an edit of the inventory's text leads to; `extra` are new files below live/ with their text.

    Raises UserError if the new inventory would be wrong, or a file that is not ours is in the way.
    """
    before = (root / INVENTORY).read_bytes().decode("utf-8")
    after = edit(before)
    wanted = rendered(root, after)
    tree = walk(root)
    changes = write.compare(wanted.files, root, tree)
    write.require_ours(changes)
    first = [Change(f"live/{path}", "missing", None, text) for path, text in (extra or {}).items()]
    first.append(Change(INVENTORY.as_posix(), "stale", before, after))
    return Proposal(root, wanted, first + changes, tree)


def _action(change: Change) -> str:
    if change.before is None:
        return "new"
    return "deleted" if change.after is None else "changed"
