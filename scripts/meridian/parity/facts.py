"""What each environment declares about itself, and whether live/ is what the inventory says."""

from collections.abc import Iterator
from pathlib import Path

from meridian.generate import write
from meridian.generate.command import Rendered
from meridian.generate.tree import walk
from meridian.generate.write import MEANING
from meridian.inventory.model import Environment
from meridian.inventory.problems import listed
from meridian.parity.difference import Difference, Side
from meridian.parity.places import Places
from meridian.paths import INVENTORY


def of_environments(before: Environment, after: Environment, places: Places) -> Iterator[Difference]:
    """Yield the facts that every environment has for itself: account, primary region, regions, protection."""
    for key, first, second in (
        ("account_id", before.account_id, after.account_id),
        ("primary_region", before.primary_region, after.primary_region),
        ("protected", before.protected, after.protected),
        ("regions", listed(sorted(before.region_names)), listed(sorted(after.region_names))),
    ):
        if first != second:
            yield Difference(
                subject=key,
                first=Side(before.name, first, places.line("environments", before.name, key)),
                second=Side(after.name, second, places.line("environments", after.name, key)),
                intended=True,
                why="by design: each environment has its own",
            )


def of_tree(root: Path, wanted: Rendered) -> Iterator[Difference]:
    """Yield every rendered file that differs from the inventory, and every unit that was not generated."""
    tree = walk(root)
    for change in write.compare(wanted.files, root, tree):
        subject, side = change.path.removeprefix("live/"), Side("live/", change.kind, change.path)
        why = f"{MEANING[change.kind]}; see `meridian generate --check`"
        yield Difference(subject, Side("inventory", "as generated", str(INVENTORY)), side, False, why)
    for path in write.strangers(wanted.files, root, tree):
        side = Side("live/", "there", path)
        why = "nobody generated it, and Terragrunt would run it; move it away"
        yield Difference(path.removeprefix("live/"), Side("inventory", "nothing", str(INVENTORY)), side, False, why)
