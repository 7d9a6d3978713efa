"""The files on disk that `generate` may own; links are not followed."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.render.plan import ENVIRONMENT, ROOT, UNIT

NAMES = frozenset({UNIT, ENVIRONMENT})


@dataclass
class Tree:
    """Paths in a repository: files with names that we generate, and links."""

    files: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)

    def has_link_in(self, path: str) -> bool:
        """Return whether a path is a link or leads through one."""
        parts = path.split("/") if self.links else []
        return any("/".join(parts[: n + 1]) in self.links for n in range(len(parts)))


def find_files(root: Path) -> Tree:
    """Return the root terragrunt.hcl and the files below live/, without hidden folders: they hold downloads.

    Raises CouldNotTell for a folder that cannot be read.
    """
    tree = Tree()
    if (root / ROOT).is_symlink():
        tree.links.add(ROOT)
    elif (root / ROOT).is_file():
        tree.files.add(ROOT)
    folders = ["live/"]
    try:
        while folders:
            prefix = folders.pop()
            for entry in os.scandir(root / prefix):
                path = f"{prefix}{entry.name}"
                if entry.is_symlink():
                    tree.links.add(path)
                elif entry.is_dir() and not entry.name.startswith("."):
                    folders.append(f"{path}/")
                elif entry.name in NAMES and entry.is_file():
                    tree.files.add(path)
    except OSError as error:
        name = Path(error.filename).relative_to(root).as_posix()
        raise CouldNotTell(f"{name}: cannot be read: {error.strerror}.", "Nothing was changed.") from error
    return tree
