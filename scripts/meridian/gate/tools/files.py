"""The files of a repository that hygiene tools check: all that git tracks or would track."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from meridian import git
from meridian.errors import CouldNotTell

SHELL = re.compile(rb"#!.*\b(?:ba|da|k)?sh\b")
PYTHON = re.compile(rb"#!.*\bpython")


@dataclass(frozen=True)
class Files:
    """Names relative to `root`, `/` between their parts."""

    root: Path
    names: Sequence[str]

    @cached_property
    def python(self) -> list[str]:
        """Every Python file, by its suffix or its first line."""
        return self._find((".py", ".pyi", ".pyw"), PYTHON)

    @cached_property
    def shell(self) -> list[str]:
        """Every shell script, by its suffix or its first line."""
        return self._find((".sh", ".bash", ".ksh"), SHELL)

    @property
    def workflows(self) -> list[str]:
        """Every workflow, also in a folder where GitHub does not run it yet."""
        return [one for one in self.names if re.fullmatch(r"(.*/)?\.github/workflows/.+\.ya?ml", one)]

    @property
    def actions(self) -> list[str]:
        """Every action that a workflow could use by its path, without the stand-ins of our tests."""
        found = [one for one in self.names if Path(one).name in {"action.yml", "action.yaml"}]
        return [one for one in found if not one.startswith("tests/workflows/actions/")]

    def _find(self, suffixes: tuple[str, ...], program: re.Pattern[bytes]) -> list[str]:
        return [one for one in self.names if one.endswith(suffixes) or program.match(self._first_lines[one])]

    @cached_property
    def _first_lines(self) -> dict[str, bytes]:
        found = {}
        for name in self.names:
            with (self.root / name).open("rb") as file:
                found[name] = file.readline(200)
        return found


def list_files(root: Path) -> Files:
    """Return the files of a repository; CouldNotTell without a file, or for a link out of the repository."""
    names = git.list_files(root)
    for name in names:
        # Unlike Path.resolve, realpath does not fail for a link that points to itself.
        if not Path(os.path.realpath(root / name)).is_relative_to(os.path.realpath(root)):
            raise CouldNotTell(f"{name}: a link out of the repository, which the gate does not follow.", "Remove it.")
    kept = tuple(name for name in names if (root / name).is_file())
    if not kept:
        raise CouldNotTell("The repository holds no file.", "Name the repository by --root.")
    return Files(root, kept)
