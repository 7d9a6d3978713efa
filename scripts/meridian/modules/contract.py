"""What a module declares at one version: placement, needs, sources, variables, outputs with their mocks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from meridian import git
from meridian.errors import UserError
from meridian.modules import declarations, manifest
from meridian.modules.blocks import Block, Node, read_blocks
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
    outputs: Mapping[str, Node] = field(default_factory=dict, kw_only=True)
    """The expression of each output."""

    @property
    def title(self) -> str:
        """`compute 1.0.0`, or `compute (working tree)`."""
        return f"{self.module} {self.release.version if self.release else '(working tree)'}"

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
        """Return how messages name a file: with the version, where it is not the one on disk."""
        return _file_name(self.module, self.release, name)


def read_contract(root: Path, module: str, release: Row | None) -> Contract:
    """Return the contract of modules/<module> as it is checked out, or as it was released.

    Raises UserError that names module, version, file and line; CouldNotTell without git.
    """
    contents = _checked_out(root, module) if release is None else _released(root, release)
    files = {name: _file_name(module, release, name) for name in FILES}
    texts = {name: _text(content, files[name]) for name, content in contents.items()}
    variables = declarations.read_variables(texts["variables.tf"], files["variables.tf"])
    unit = manifest.read_manifest(texts["unit.yaml"], files["unit.yaml"], variables)
    blocks = read_blocks(texts["outputs.tf"], files["outputs.tf"], "output")
    mocks = _mocks(blocks, files["outputs.tf"])
    outputs = {name: block.attributes.get("value", []) for name, block in blocks.items()}
    return Contract(**vars(unit), module=module, release=release, variables=variables, mocks=mocks, outputs=outputs)


def read_module_file(root: Path, module: str, release: Row | None, name: str) -> str | None:
    """Return the text of a file that a module may have, as it is checked out or as it was released.

    Raises UserError if the file cannot be read, or if git does not have the release.
    """
    if release is None:
        where = f"modules/{module}/{name}"
        try:
            return _text((root / where).read_bytes(), where)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(f"{where}: cannot be read: {error.strerror}.") from error
    blob = f"{release.tree}:{name}"
    found = git.read_objects(root, [release.tree, blob])
    if found[release.tree] is None:
        raise _no_commit(root, release)
    content = found[blob]
    return None if content is None else _text(content[1], _file_name(module, release, name))


def _file_name(module: str, release: Row | None, name: str) -> str:
    where = f"modules/{module}/{name}"
    return f"{module} {release.version}: {where}" if release else where


def _checked_out(root: Path, module: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name in FILES:
        where = f"modules/{module}/{name}"
        try:
            found[name] = (root / where).read_bytes()
        except FileNotFoundError as error:
            hint = "A module that is deployed has unit.yaml, variables.tf and outputs.tf."
            raise UserError(f"{where} is missing.", hint) from error
        except OSError as error:
            raise UserError(f"{where}: cannot be read: {error.strerror}.") from error
    return found


def _released(root: Path, release: Row) -> dict[str, bytes]:
    """Return the files from git, after a check that the row's commit holds the row's tree."""
    commit, folder = release.commit, f"{release.commit}:modules/{release.module}"
    found = git.read_objects(root, [commit, folder, *(f"{folder}/{name}" for name in FILES)])
    if found[commit] is None:
        raise _no_commit(root, release)
    tree = found[folder]
    if tree is None or tree[0] != release.tree:
        raise UserError(
            f"{release.where}: the ledger says tree {release.tree}, "
            f"commit {commit[:12]} has {tree[0] if tree else 'no such module'}.",
            f"Rows never change. Restore it: git checkout -- {LEDGER}",
        )
    blobs = {name: found[f"{folder}/{name}"] for name in FILES}
    for name, blob in blobs.items():
        if blob is None:
            raise UserError(f"{_file_name(release.module, release, name)} is missing in commit {commit[:12]}.")
    return {name: blob[1] for name, blob in blobs.items() if blob}


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


def _mocks(outputs: Mapping[str, Block], file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for output in outputs.values():
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
