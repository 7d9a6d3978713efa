"""What a module declares at one version: placement, needs, sources, variables, outputs with their mocks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from meridian import git
from meridian.errors import UserError
from meridian.modules import declarations, manifest
from meridian.modules.blocks import read_blocks
from meridian.modules.declarations import Variable
from meridian.modules.ledger import LEDGER, Row
from meridian.modules.manifest import Manifest
from meridian.modules.sources import Setting, leaves

FILES = ("unit.yaml", "variables.tf", "outputs.tf")
PLACEHOLDER = "EXAMPLE"
SENTINEL = "meridianmock"
_EXAMPLE_MARK = ", e.g. "


@dataclass(frozen=True)
class Contract(Manifest):
    """One module at one version: its manifest, variables and outputs; `release` is None for the working tree."""

    module: str
    release: Row | None
    variables: Mapping[str, Variable]
    mocks: Mapping[str, Any]
    """A stand-in for every output: its example with the sentinel in it."""

    @property
    def title(self) -> str:
        """`compute 1.0.0`, or `compute (working tree)`."""
        return module_title(self.module, self.release)

    @cached_property
    def settings(self) -> dict[str, list[Setting]]:
        """The settings that the module reads from the inventory, by their key there."""
        found: dict[str, list[Setting]] = {}
        for source in self.inputs.values():
            for leaf in leaves(source):
                if isinstance(leaf, Setting):
                    found.setdefault(leaf.name, []).append(leaf)
        return found

    def file(self, name: str) -> str:
        """Return how messages name a file of the module at this version."""
        return module_file_name(self.module, self.release, name)


def read_contract(root: Path, module: str, release: Row | None) -> Contract:
    """Return the contract of modules/<module> as it is checked out, or as it was released.

    Raises UserError that names module, version, file and line; CouldNotTell without git.
    """
    texts = _checked_out(root, module) if release is None else _released(root, release)
    variables = declarations.read_variables(texts["variables.tf"], module_file_name(module, release, "variables.tf"))
    unit = manifest.read_manifest(texts["unit.yaml"], module_file_name(module, release, "unit.yaml"), variables)
    mocks = _mocks(texts["outputs.tf"], module_file_name(module, release, "outputs.tf"))
    return Contract(**vars(unit), module=module, release=release, variables=variables, mocks=mocks)


def module_title(module: str, release: Row | None) -> str:
    """Return how messages name a module at a version."""
    return f"{module} {release.version}" if release else f"{module} (working tree)"


def module_file_name(module: str, release: Row | None, name: str) -> str:
    """Return how messages name a file: with the version, where it is not the one on disk."""
    where = f"modules/{module}/{name}"
    return f"{module_title(module, release)}: {where}" if release else where


def _checked_out(root: Path, module: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name in FILES:
        where = f"modules/{module}/{name}"
        try:
            texts[name] = _text((root / where).read_bytes(), where)
        except FileNotFoundError as error:
            hint = "A module that is deployed has unit.yaml, variables.tf and outputs.tf."
            raise UserError(f"{where} is missing.", hint) from error
        except OSError as error:
            raise UserError(f"{where}: cannot be read: {error.strerror}.") from error
    return texts


def _released(root: Path, release: Row) -> dict[str, str]:
    """Return the files from git, after a check that the row's commit holds the row's tree."""
    folder = f"{release.commit}:modules/{release.module}"
    found = git.read_objects(root, [release.commit, folder, *(f"{folder}/{name}" for name in FILES)])
    if found[release.commit] is None:
        raise _no_commit(root, release)
    tree = found[folder]
    if tree is None or tree[0] != release.tree:
        raise UserError(
            f"{release.where}: the ledger says tree {release.tree}, "
            f"commit {release.commit[:12]} has {tree[0] if tree else 'no such module'}.",
            f"Rows never change. Restore it: git checkout -- {LEDGER}",
        )
    texts: dict[str, str] = {}
    for name in FILES:
        where = module_file_name(release.module, release, name)
        blob = found[f"{folder}/{name}"]
        if blob is None:
            raise UserError(f"{where} is missing in commit {release.commit[:12]}.")
        texts[name] = _text(blob[1], where)
    return texts


def _text(data: bytes, file: str) -> str:
    """Return the text of a file, without its byte order mark; UserError names the line that is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"{file}:{line}: is not UTF-8 text.", "Save it as UTF-8.") from error


def _no_commit(root: Path, release: Row) -> UserError:
    hint = "Fetch the branch that has it: git fetch origin main."
    if git.is_shallow(root):
        hint = "This clone has only a part of the history. Fetch the rest: git fetch --unshallow."
    return UserError(f"{release.where}: commit {release.commit[:12]} is not in this clone.", hint)


def _mocks(text: str, file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for output in read_blocks(text, file, "output").values():
        _, mark, example = output.description.strip().rpartition(_EXAMPLE_MARK)
        if not mark or PLACEHOLDER not in example:
            raise UserError(
                f"{file}:{output.line}: the description of output {output.name!r} must end with an example "
                f"that has the word {PLACEHOLDER} in it.",
                'For instance: "The table that ..., e.g. arn:aws:dynamodb:us-east-1:123456789012:table/EXAMPLE."',
            )
        found[output.name] = _mock(example.removesuffix("."))
    return found


def _mock(example: str) -> Any:
    """Return lists and maps (JSON in the description) as such, everything else as a string."""
    marked = example.replace(PLACEHOLDER, SENTINEL)
    try:
        return json.loads(marked)
    except ValueError:
        return marked
