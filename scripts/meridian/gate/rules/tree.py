"""Rules over live/: it holds only rendered files, protected environments are pinned."""

from collections.abc import Collection
from pathlib import Path

from meridian import git
from meridian.gate.finding import Finding, Severity
from meridian.gate.rule import Rule
from meridian.gate.rules import module_files
from meridian.paths import INVENTORY, PROVIDER_LOCK
from meridian.render import write
from meridian.render.command import RenderedTree, render_inventory
from meridian.render.tree import Tree, find_files
from meridian.render.write import MEANING

UNRENDERED = Rule(
    "MRD_TREE_001",
    "The tree is what the inventory renders",
    Severity.CRITICAL,
    "Another file can run any code in any account, and a review of the inventory does not show it.",
    "Run `meridian generate`; write settings in live/inventory.yaml and code in a module.",
)
UNPINNED = Rule(
    "MRD_TREE_002",
    "Protected environments run released modules",
    Severity.HIGH,
    "The working tree can change without a release: other code would run than was reviewed.",
    "Name released versions of the modules in live/inventory.yaml.",
)
RULES = (UNRENDERED, UNPINNED)


def find_in_tree(root: Path) -> list[Finding]:
    """Return the findings in the root terragrunt.hcl, live/ and the files of pinned modules.

    Raises UserError for a wrong inventory or module.
    """
    wanted = render_inventory(root)
    tree = find_files(root)
    found = [
        UNRENDERED.finding(f"{change.path} is {MEANING[change.kind]}.", file=change.path)
        for change in write.compare_files(wanted.files, root, tree)
    ]
    found += [
        UNRENDERED.finding(f"{path} is not rendered from the inventory; Terragrunt runs or copies it.", file=path)
        for path in _strangers(root, wanted, tree, {one.file for one in found})
    ]
    found += [
        UNPINNED.finding(f"{one.name} is protected and runs the working tree.", file=INVENTORY.as_posix())
        for one in wanted.inventory.environments
        if one.protected and one.versions is None
    ]
    return found + module_files.find_in_pins(root, wanted.inventory.environments)


def _strangers(root: Path, wanted: RenderedTree, tree: Tree, reported: Collection[str]) -> list[str]:
    """Return the files in live/ that are not rendered; Terragrunt copies all files beside a unit into its module."""
    known = {*wanted.files, INVENTORY.as_posix(), *reported}
    known |= {f"live/{one.name}/{PROVIDER_LOCK}" for one in wanted.inventory.environments}
    paths = {*git.list_files(root, "live"), *write.find_ungenerated(wanted.files, root, tree)}
    return sorted(paths - known)
