"""File and line of each resource of a module: findings point to them, and a scan has to cover them."""

from dataclasses import dataclass
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.accepted.syntax import read_file
from meridian.gate.rules.module_files import OVERRIDE


@dataclass(frozen=True)
class Code:
    """The blocks of one module's folder: address to file (relative to the module) and line."""

    folder: Path
    blocks: dict[str, tuple[str, int]]

    @property
    def resources(self) -> frozenset[str]:
        """The addresses of the managed resources, without `data.`."""
        return frozenset(name for name in self.blocks if not name.startswith("data."))

    def find(self, resource: str) -> tuple[str, int]:
        """Return file and line of a resource or data block; main.tf and 0 if it is not found."""
        return self.blocks.get(resource) or self.blocks.get(f"data.{resource}") or ("main.tf", 0)


def read_module(folder: Path) -> Code:
    """Return the blocks of a module's `*.tf` files, without those that module_files refuses.

    Raises CouldNotTell for a module call, or if there is no resource.
    """
    blocks: dict[str, tuple[str, int]] = {}
    for file in sorted(folder.glob("*.tf")):
        if file.is_symlink() or not file.is_file() or OVERRIDE.fullmatch(file.name):
            continue
        for block in read_file(file, f"modules/{folder.name}/{file.name}").blocks:
            name = ".".join(block.labels)
            if block.kind == "module":
                raise CouldNotTell(
                    f"{folder.name}/{file.name}: it calls the module {name!r}, which the gate does not scan.",
                    "Make the module a unit of its own, and connect it by `needs` in unit.yaml.",
                )
            if block.kind in {"resource", "data"}:
                blocks[name if block.kind == "resource" else f"data.{name}"] = file.name, block.line
    code = Code(folder, blocks)
    if not code.resources:
        raise CouldNotTell(f"{folder.name}: no resource was found in its *.tf files.")
    return code
