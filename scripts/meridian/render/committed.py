"""The tree of a commit: its rendered files and its inventory, read through git without a checkout."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian import git
from meridian.errors import UserError
from meridian.paths import INVENTORY
from meridian.render.plan import ENVIRONMENT, ROOT, UNIT
from meridian.yamlfile import document

_UNIT = re.compile(rf"live/[^/]+/[^/]+/[^/]+/{re.escape(UNIT)}")
_FACT = re.compile(r'^  (\w+) += "(.*)"$', re.MULTILINE)


@dataclass(frozen=True)
class Committed:
    """The root terragrunt.hcl and live/ of a commit; `blobs` are git's ids by path."""

    root: Path
    commit: str
    blobs: Mapping[str, str]

    @property
    def short(self) -> str:
        """The id of the commit for people."""
        return self.commit[:12]

    @property
    def units(self) -> set[str]:
        """The paths of the units."""
        return {path for path in self.blobs if _UNIT.fullmatch(path)}

    def texts(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the texts of files by path; files that are alike are read once."""
        wanted = {path: self.blobs[path] for path in paths if path in self.blobs}
        found = git.read_objects(self.root, sorted(set(wanted.values()))) if wanted else {}
        texts = {name: entry[1].decode("utf-8", "replace") for name, entry in found.items() if entry}
        return {path: texts[name] for path, name in wanted.items()}

    def inventory(self) -> dict[str, Any]:
        """Return the values of the inventory, without a check against modules; {} if there is none.

        Raises UserError if it is not plain YAML.
        """
        name = INVENTORY.as_posix()
        text = self.texts([name]).get(name)
        return {} if text is None else document.parse_text(text, f"{self.short}:{name}").value

    def environments(self) -> dict[str, dict[str, str]]:
        """Return the strings of each env.hcl (`account_id`, `state_bucket`, ...), by environment."""
        texts = self.texts(path for path in self.blobs if re.fullmatch(rf"live/[^/]+/{re.escape(ENVIRONMENT)}", path))
        return {path.split("/")[1]: dict(_FACT.findall(text)) for path, text in texts.items()}


def find_commit(root: Path, revision: str) -> str | None:
    """Return the id of the commit that a revision names, None if there is none."""
    return _answer(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")


def find_common(root: Path, commit: str) -> str | None:
    """Return the newest commit that HEAD and another commit share, None if this clone has none."""
    return _answer(root, "merge-base", "HEAD", commit)


def read_commit(root: Path, commit: str) -> Committed:
    """Return the tree of a commit."""
    listed = git.run_git(root, "ls-tree", "-r", "-z", "--full-tree", commit, "--", ROOT, "live/")
    entries = [entry.partition("\t") for entry in listed.decode("utf-8", "surrogateescape").split("\0") if entry]
    return Committed(root, commit, {path: about.split(" ")[2] for about, _, path in entries})


def _answer(root: Path, *arguments: str) -> str | None:
    try:
        return git.run_git(root, *arguments).decode().strip() or None
    except UserError:
        return None
