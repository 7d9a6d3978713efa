"""The files on disk that `generate` may own; links are not followed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.render.plan import ENVIRONMENT, ROOT, UNIT

TEMPORARY = (".meridian-", ".tmp")
NAMES = frozenset({UNIT, ENVIRONMENT})


@dataclass
class Tree:
    """Paths in a repository: files with names that we generate, links, and temporary files of a killed run."""

    files: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    leftovers: set[str] = field(default_factory=set)

    def has_link_in(self, path: str) -> bool:
        """Return whether a path is a link or leads through one."""
        parts = path.split("/") if self.links else []
        return any("/".join(parts[: n + 1]) in self.links for n in range(len(parts)))


def find_files(root: Path) -> Tree:
    """Return the root terragrunt.hcl and the files below live/, without hidden folders: they hold downloads.

    Raises CouldNotTell for a folder that cannot be read.
    """
    try:
        return _walk(root)
    except OSError as error:
        name = Path(error.filename).relative_to(root).as_posix()
        raise CouldNotTell(f"{name}: cannot be read: {error.strerror}.", "Nothing was changed.") from error


def _walk(root: Path) -> Tree:
    tree = Tree()
    # Of the repository's own folder nothing but the root file is ours; env.hcl there is another's.
    for entry in _entries(root, ""):
        if entry.name == ROOT or _is_temporary(entry.name):
            _add(tree, entry.name, entry)
    folders = ["live/"]
    while folders:
        prefix = folders.pop()
        for entry in _entries(root, prefix):
            if not entry.is_dir(follow_symlinks=False):
                _add(tree, f"{prefix}{entry.name}", entry)
            elif not entry.name.startswith("."):
                folders.append(f"{prefix}{entry.name}/")
    return tree


def _entries(root: Path, folder: str) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(root / folder) as entries:
        yield from entries


def _add(tree: Tree, path: str, entry: "os.DirEntry[str]") -> None:
    if entry.is_symlink():
        tree.links.add(path)
    elif _is_temporary(entry.name):
        tree.leftovers.add(path)
    elif entry.name in NAMES and entry.is_file(follow_symlinks=False):
        tree.files.add(path)


def _is_temporary(name: str) -> bool:
    return name.startswith(TEMPORARY[0]) and name.endswith(TEMPORARY[1])
