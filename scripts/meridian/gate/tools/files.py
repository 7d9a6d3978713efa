"""The files of a repository that hygiene tools check: all that git tracks or would track."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from meridian import git
from meridian.errors import CouldNotTell

SHELL = re.compile(rb"(?:ba|da|k)?sh")
PYTHON = re.compile(rb"python[0-9.]*")


@dataclass(frozen=True)
class Files:
    """Names relative to `root`, `/` between their parts."""

    root: Path
    names: Sequence[str]

    @cached_property
    def python(self) -> list[str]:
        """Every Python file, by its suffix or its first line."""
        return [name for name in self.names if name.endswith((".py", ".pyi", ".pyw")) or self._begins(name, PYTHON)]

    @cached_property
    def shell(self) -> list[str]:
        """Every shell script, by its suffix or its first line."""
        return [name for name in self.names if name.endswith((".sh", ".bash", ".ksh")) or self._begins(name, SHELL)]

    @property
    def workflows(self) -> list[str]:
        """Every workflow that GitHub would run."""
        return [
            name for name in self.names if name.startswith(".github/workflows/") and name.endswith((".yml", ".yaml"))
        ]

    @property
    def actions(self) -> list[str]:
        """Every action that a workflow could use by its path, without the stand-ins of our tests."""
        found = [name for name in self.names if name.rpartition("/")[2] in {"action.yml", "action.yaml"}]
        return [name for name in found if not name.startswith("tests/workflows/actions/")]

    def _begins(self, name: str, program: re.Pattern[bytes]) -> bool:
        return any(program.fullmatch(word.rpartition(b"/")[2]) for word in self._programs.get(name, ()))

    @cached_property
    def _programs(self) -> dict[str, list[bytes]]:
        """The words behind `#!` of each file that begins so."""
        found = {}
        for name in self.names:
            with (self.root / name).open("rb") as file:
                line = file.readline(200)
            if line.startswith(b"#!"):
                found[name] = line[2:].split()
        return found


def list_files(root: Path) -> Files:
    """Return the files of a repository; CouldNotTell if there is none or one cannot be read."""
    listed = git.run_git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    names = sorted(name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name)
    kept = []
    for name in names:
        path = root / name
        # Unlike Path.resolve, realpath does not fail for a link that points to itself.
        if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
            raise CouldNotTell(f"{name}: a link out of the repository, which the gate does not follow.", "Remove it.")
        if path.is_file():
            kept.append(name)
        elif path.exists() and not path.is_symlink() and not (path / ".git").exists() and not path.is_dir():
            raise CouldNotTell(f"{name}: not a regular file.", "Remove it.")
    if not kept:
        raise CouldNotTell("The repository holds no file.", "Name the repository by --root.")
    return Files(root, tuple(kept))
