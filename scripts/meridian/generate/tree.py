"""The files below live/ that `generate` may own; links are not followed."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from meridian.errors import CouldNotTell

TEMPORARY = (".meridian-", ".tmp")
NAMES = frozenset({"terragrunt.hcl", "env.hcl"})


@dataclass
class Tree:
    """Paths below live/: files with names that we generate, links, and temporary files of a killed run."""

    files: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    leftovers: set[str] = field(default_factory=set)

    def link_in(self, path: str) -> str | None:
        """Return the link that a path leads through, if there is one."""
        if not self.links:
            return None
        parts = path.split("/")
        return next((one for n in range(len(parts)) if (one := "/".join(parts[: n + 1])) in self.links), None)


def walk(live: Path) -> Tree:
    """Return the files below live/, without hidden folders: they hold downloads.

    Raises CouldNotTell for a folder that cannot be read.
    """
    try:
        return _walk(live)
    except OSError as error:
        name = Path(error.filename).relative_to(live).as_posix()
        raise CouldNotTell(f"live/{name}: cannot be read: {error.strerror}.", "Nothing was changed.") from error


def _walk(live: Path) -> Tree:
    tree = Tree()
    folders = [""]
    while folders:
        prefix = folders.pop()
        with os.scandir(live / prefix) as entries:
            for entry in entries:
                path = f"{prefix}{entry.name}"
                if entry.is_symlink():
                    tree.links.add(path)
                elif entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith("."):
                        folders.append(f"{path}/")
                elif entry.name.startswith(TEMPORARY[0]) and entry.name.endswith(TEMPORARY[1]):
                    tree.leftovers.add(path)
                elif entry.name in NAMES and entry.is_file(follow_symlinks=False):
                    tree.files.add(path)
    return tree
