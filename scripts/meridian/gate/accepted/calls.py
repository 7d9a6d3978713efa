"""The blocks of a module with those of the copied modules that it calls."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.gate.accepted.syntax import Block, read_file
from meridian.gate.rules.module_files import find_called, is_allowed


@dataclass(frozen=True)
class Called:
    """A block, the file in the module's folder that it stands in, and its scope: `module.queue.` or nothing."""

    scope: str
    file: str
    block: Block

    @property
    def address(self) -> str:
        """The address of the block in a plan; for a block that no plan names, with its type in front."""
        kind = () if self.block.kind == "resource" else (self.block.kind,)
        return self.scope + ".".join((*kind, *self.block.labels))


def read_blocks(folder: Path) -> Iterator[Called]:
    """Yield the blocks of a module's *.tf files, then of what it calls; CouldNotTell for what cannot be read.

    Files and calls that module_files refuses are findings of their own and left out.
    """
    yield from _read(folder, "", "", ())


def _read(top: Path, inside: str, scope: str, above: tuple[str, ...]) -> Iterator[Called]:
    calls = []
    for file in sorted((top / inside).glob("*.tf")):
        name = file.relative_to(top).as_posix()
        # Unlike Path.resolve, realpath does not fail for a link that points to itself.
        link = os.path.realpath(file) != f"{os.path.realpath(top)}/{name}"
        if not is_allowed(name, link=link) or not file.is_file():
            continue
        for block in read_file(file, f"modules/{top.name}/{name}").blocks:
            one = Called(scope, name, block)
            yield one
            if block.kind == "module" and (called := find_called(inside, block)):
                calls.append((one, called))
    for one, called in calls:
        where = f"modules/{top.name}/{one.file}:{one.block.line}"
        if called in (*above, inside):
            raise CouldNotTell(f"{where}: {one.address} calls itself.", "Call another module, or remove the block.")
        if not any((top / called).glob("*.tf")):
            raise CouldNotTell(
                f"{where}: modules/{top.name}/{called} has no *.tf file.",
                f"Run `meridian vendor {top.name} {called.split('/')[1]} REPOSITORY --commit COMMIT`.",
            )
        yield from _read(top, called, f"{one.address}.", (*above, inside))
