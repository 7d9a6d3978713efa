"""Which line of the inventory, or which file of a module, gives a unit's input its value."""

from dataclasses import dataclass

from meridian.inventory.document import Document
from meridian.inventory.model import Environment
from meridian.inventory.problems import KeyPath
from meridian.modules.contract import Contract
from meridian.modules.sources import Choice, FromEnvironment, Nested, Setting, Source
from meridian.paths import INVENTORY


@dataclass(frozen=True)
class Places:
    """Answers from the inventory as it was read."""

    source: Document

    def line(self, *path: str) -> str:
        """Return the line of a key, or of the nearest one above it that is there."""
        return f"{INVENTORY}:{self.source.line(path)}"

    def of_input(self, environment: Environment, region: str | None, contract: Contract, path: KeyPath) -> str:
        """Return where the input at a path (variable, then keys) gets its value from: the last layer that sets it."""
        source, rest = _leaf(contract.inputs.get(str(path[0])), path[1:])
        if isinstance(source, FromEnvironment):
            return self.line("environments", environment.name)
        if isinstance(source, Choice):
            return contract.file("unit.yaml")
        if not isinstance(source, Setting):
            return contract.file("variables.tf")
        key = (source.name, *rest)
        layers: list[KeyPath] = [("environments", environment.name)]
        if region:
            layers.insert(0, ("environments", environment.name, "regions", region))
        for layer in layers:
            if self.source.has((*layer, *key)):
                return self._at((*layer, *key))
        if environment.protected and _within(source.protected, rest):
            return contract.file("unit.yaml")
        if self.source.has(("defaults", *key)):
            return self._at(("defaults", *key))
        return contract.file("variables.tf")

    def _at(self, path: KeyPath) -> str:
        return f"{INVENTORY}:{self.source.line(path)}"


def _leaf(source: Source | None, path: KeyPath) -> tuple[Source | None, KeyPath]:
    """Return the source of a leaf, and the keys below it."""
    while isinstance(source, Nested) and path:
        source, path = source.items.get(str(path[0])), path[1:]
    return source, path


def _within(value: object, path: KeyPath) -> bool:
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return value is not None
