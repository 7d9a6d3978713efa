"""An environment that was applied from a copy of this repository's tree."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from meridian.inventory.load import load_inventory
from meridian.paths import INVENTORY
from meridian.plans import inputs
from meridian.plans.changed import compare
from meridian.plans.outputs import Current
from meridian.state.records import Record
from meridian.targets import Target

VERSION = "1.11.4"
SKIPPED = shutil.ignore_patterns("node_modules", "dist", ".terraform", ".terragrunt-cache")


class kept:
    """Put a file back as it was, or remove it if there was none."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __enter__(self) -> None:
        """Remember the file."""
        self.before = self.file.read_bytes() if self.file.exists() else None
        self.mode = self.file.stat().st_mode if self.file.exists() else 0

    def __exit__(self, *_: object) -> None:
        """Put it back."""
        self.file.with_name(f"{self.file.name}.other").unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)
        if self.before is not None:
            self.file.write_bytes(self.before)
            self.file.chmod(self.mode)


@dataclass
class World:
    """An environment that was applied from the tree as it is."""

    target: Target
    needs: Mapping[str, tuple[str, ...]]
    current: dict[str, Current]
    records: Mapping[str, Record]

    def inputs(self) -> dict[str, str]:
        """Return the fingerprints of the tree and of the outputs as they are."""
        outputs = {unit: one.outputs for unit, one in self.current.items()}
        return inputs.hash_inputs(inputs.hash_sources(self.target), self.needs, outputs)

    def changed(self, version: str = VERSION) -> list[str]:
        """Return what `--changed` plans."""
        return compare(self.needs, self.inputs(), version, self.current, self.records)


def make(example: Path, root: Path, environment: str) -> World:
    """Copy the rendered tree and the modules, and record every unit of an environment as applied."""
    for name in ("live", "modules"):
        shutil.copytree(example / name, root / name, ignore=SKIPPED)
    shutil.copy(example / "terragrunt.hcl", root)
    inventory = load_inventory(example / INVENTORY)
    target = Target("local", root, inventory.environment(environment), inventory.repository, "http://127.0.0.1:1")
    needs = inputs.read_needs(target)
    current = {unit: Current({"id": f"of {unit}"}, f"version of {unit}") for unit in needs}
    world = World(target, needs, current, {})
    world.records = {unit: Record(one, VERSION, current[unit].version) for unit, one in world.inputs().items()}
    return world


@pytest.fixture(scope="module")
def dev(example: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Environment `dev`, which runs the working tree."""
    return make(example, tmp_path_factory.mktemp("dev"), "dev")


@pytest.fixture(scope="module")
def prod(example: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Environment `prod`, which runs released modules."""
    return make(example, tmp_path_factory.mktemp("prod"), "prod")
