"""File and line of each resource of a module: findings point to them, and a scan has to cover them."""

import re
from dataclasses import dataclass
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.accepted.calls import read_blocks

SCOPE = re.compile(r"(?:module\.[^.]+\.)*")
"""What stands before the address of a resource in a called module."""
OTHERS = ("data.", "module.")


@dataclass(frozen=True)
class Code:
    """The blocks of one module's folder: address to file (relative to the module) and line."""

    folder: Path
    blocks: dict[str, tuple[str, int]]

    @property
    def resources(self) -> frozenset[str]:
        """The addresses of the managed resources, without `data.` and without the calls of modules."""
        return frozenset(name for name in self.blocks if not SCOPE.sub("", name, count=1).startswith(OTHERS))

    def find(self, resource: str) -> tuple[str, int]:
        """Return file and line of a resource or data block; main.tf and 0 if it is not found."""
        data = SCOPE.sub(lambda match: f"{match[0]}data.", resource, count=1)
        return self.blocks.get(resource) or self.blocks.get(data) or ("main.tf", 0)


def read_module(folder: Path) -> Code:
    """Return the blocks of a module's `*.tf` files and of the copies that it calls; CouldNotTell without a resource."""
    blocks: dict[str, tuple[str, int]] = {}
    for one in read_blocks(folder):
        if one.block.kind in {"resource", "data", "module"}:
            blocks[one.address] = one.file, one.block.line
    code = Code(folder, blocks)
    if not code.resources:
        raise CouldNotTell(f"{folder.name}: no resource was found in its *.tf files.")
    return code
