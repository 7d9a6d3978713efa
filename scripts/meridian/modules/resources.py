"""The resource and data blocks in a module's files; nothing is planned."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from meridian import git
from meridian.errors import UserError
from meridian.modules.contract import Contract

# Terraform accepts labels without quotes too. The body is only looked at: no block hides another one.
_BLOCK = re.compile(
    r'^\s*(resource|data)\s+"?([a-z0-9_]+)"?\s+"?([A-Za-z0-9_-]+)"?\s*\{(?=(?:\r?$(.*?)^\})?)', re.MULTILINE | re.DOTALL
)
_REPEATED = re.compile(r"^  (?:count|for_each)\s*=", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Resource:
    """One `resource` or `data` block; `repeated` if count or for_each decide how many it makes."""

    managed: bool
    type: str
    name: str
    line: int
    repeated: bool

    @property
    def address(self) -> str:
        """`aws_kms_key.data` or `data.aws_region.current`, as Terraform writes it."""
        return f"{'' if self.managed else 'data.'}{self.type}.{self.name}"


def without_comments(text: str) -> str:
    """Return a file's text with an empty line for each line of a /* comment */."""
    return _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)


def find_resources(text: str) -> Iterator[Resource]:
    """Yield the resource and data blocks of one file, formatted as `terraform fmt` does."""
    text = without_comments(text)
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(1)) + 1
        yield Resource(match[1] == "resource", match[2], match[3], line, bool(_REPEATED.search(match[4] or "")))


def declared_resources(root: Path, contract: Contract) -> list[Resource]:
    """Return the managed resources in the *.tf files of a module; those of copied modules too.

    UserError for a file that cannot be read; a released version is read from git, where it may be CouldNotTell.
    """
    texts = read_texts(root, contract).values()
    return [resource for text in texts for resource in find_resources(text) if resource.managed]


def read_texts(root: Path, contract: Contract) -> dict[str, str]:
    """Return the *.tf files of a module by name; raises what `declared_resources` does."""
    release = contract.release
    return _released(root, release.tree) if release else _checked_out(root, contract.module)


def _checked_out(root: Path, module: str) -> dict[str, str]:
    folder = root / "modules" / module
    found = sorted((*folder.glob("*.tf"), *folder.glob("vendor/**/*.tf")))
    files = {file.relative_to(folder).as_posix(): file for file in found if not file.is_dir()}
    try:
        return {name: file.read_text(encoding="utf-8", errors="replace") for name, file in files.items()}
    except OSError as error:
        raise UserError(f"modules/{module}: {Path(error.filename).name}: cannot be read: {error.strerror}.") from error


def _released(root: Path, tree: str) -> dict[str, str]:
    names = git.run_git(root, "ls-tree", "-r", "--name-only", "-z", tree).decode().split("\0")
    files = {f"{tree}:{name}": name for name in names if name.endswith(".tf")}
    blobs = git.read_objects(root, list(files))
    return {files[file]: blob[1].decode("utf-8", "replace") for file, blob in blobs.items() if blob}
