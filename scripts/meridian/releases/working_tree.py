"""Which released versions the modules in the working tree are."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from meridian.modules.ledger import Row
from meridian.releases import history
from meridian.releases.standing import CheckedOut, releases_of


def examine(root: Path, modules: Iterable[str], releases: Mapping[tuple[str, str], Row]) -> dict[str, CheckedOut]:
    """Return what each module of the working tree is; a version only if every file is as it was released."""
    return {module: _examine(root, module, releases_of(releases, module)) for module in modules}


def _examine(root: Path, module: str, rows: list[Row]) -> CheckedOut:
    if history.uncommitted(root, module):
        return CheckedOut(None, "changes not committed")
    tree = history.tree(root, module)
    for row in reversed(rows):
        if row.tree == tree:
            return CheckedOut(row.version, "as released")
    return CheckedOut(None, "unreleased changes" if rows else "never released")
