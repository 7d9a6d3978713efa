"""The resources that a module's files declare, at one version; nothing is planned."""

import re
from dataclasses import dataclass
from pathlib import Path

from meridian import git
from meridian.errors import UserError
from meridian.modules.contract import Contract

_BLOCK = re.compile(
    r'^resource\s+"([a-z0-9_]+)"\s+"([A-Za-z0-9_-]+)"\s*\{(?:[^\n]*\}|$(.*?)^\})', re.MULTILINE | re.DOTALL
)
_REPEATED = re.compile(r"^  (?:count|for_each)\s*=", re.MULTILINE)


@dataclass(frozen=True)
class Resource:
    """One `resource` block; `repeated` if count or for_each decide how many it makes."""

    type: str
    name: str
    repeated: bool

    @property
    def address(self) -> str:
        """`aws_kms_key.data`, as Terraform writes it."""
        return f"{self.type}.{self.name}"


def declared_resources(root: Path, contract: Contract) -> list[Resource]:
    """Return the resource blocks in the *.tf files of a module, formatted as `terraform fmt` does.

    UserError for a file that cannot be read; a released version is read from git, where it may be CouldNotTell.
    """
    release = contract.release
    texts = _released(root, release.tree) if release else _checked_out(root, contract.module)
    return [
        Resource(kind, name, bool(_REPEATED.search(body)))
        for text in texts
        for kind, name, body in _BLOCK.findall(text)
    ]


def _checked_out(root: Path, module: str) -> list[str]:
    files = [file for file in sorted((root / "modules" / module).glob("*.tf")) if file.is_file() or not file.exists()]
    try:
        return [file.read_text(encoding="utf-8", errors="replace") for file in files]
    except OSError as error:
        raise UserError(f"modules/{module}: {Path(error.filename).name}: cannot be read: {error.strerror}.") from error


def _released(root: Path, tree: str) -> list[str]:
    names = git.run_git(root, "ls-tree", "--name-only", "-z", tree).decode().split("\0")
    files = [f"{tree}:{name}" for name in names if name.endswith(".tf")]
    found = git.read_objects(root, files)
    return [blob[1].decode("utf-8", "replace").replace("\r\n", "\n") for name in files if (blob := found[name])]
