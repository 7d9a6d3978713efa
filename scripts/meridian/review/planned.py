"""The environments that a review plans."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from meridian.change.touched import Touched
from meridian.inventory.load import load_inventory
from meridian.paths import INVENTORY


@dataclass(frozen=True)
class Planned:
    """The environments to plan: those named, and with `touched` those whose units the change touches."""

    named: tuple[str, ...] = ()
    touched: bool = False

    def __bool__(self) -> bool:
        return bool(self.named) or self.touched

    def environments(self, change: Path, touched: Sequence[Touched]) -> list[str]:
        """Return the environments in the order of the change's inventory; UserError for a name that is not in it."""
        inventory = load_inventory(change / INVENTORY)
        wanted = {inventory.environment(name).name for name in self.named}
        if self.touched:
            wanted |= {one.unit.partition("/")[0] for one in touched}
        return [one.name for one in inventory.environments if one.name in wanted]

    def words(self) -> list[str]:
        """Return the options that say the same on the command line."""
        return [*(word for name in self.named for word in ("--env", name)), *(("--touched",) if self.touched else ())]
