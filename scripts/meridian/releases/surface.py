"""What others rely on in a module at one commit: its inputs, outputs, place and needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian.modules import contract, declarations, git
from meridian.modules.ledger import Row
from meridian.modules.types import Type


@dataclass(frozen=True)
class Input:
    """A variable: its type, and whether it must be given."""

    type: Type
    required: bool


@dataclass(frozen=True)
class Surface:
    """A module as its users see it; outputs by name with an example of each."""

    inputs: Mapping[str, Input]
    outputs: Mapping[str, Any]
    settings: frozenset[str]
    placement: str
    needs: Mapping[str, str]
    package: str | None


def read(root: Path, row: Row) -> Surface:
    """Return the surface of a release, or of a row that is about to become one.

    Raises UserError for a module that is not sound in that commit, with file and line.
    """
    found = contract.read(root, row.module, row)
    name = f"{row.commit}:modules/{row.module}/variables.tf"
    blob = git.objects(root, [name])[name]
    text = blob[1].decode("utf-8", "replace") if blob else ""
    declared = declarations.variables(text, contract.file_name(row.module, row, "variables.tf"))
    return Surface(
        inputs={key: Input(kind, not declared[key].has_default) for key, kind in found.variables.items()},
        outputs=found.mocks,
        settings=frozenset(found.settings),
        placement=found.placement,
        needs=found.needs,
        package=found.package,
    )
