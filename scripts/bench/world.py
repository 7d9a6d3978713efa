"""A repository with about as many units as wanted, and the modules of this one."""

import shutil
from pathlib import Path

from meridian.inventory.regions import partitions

ROOT = Path(__file__).resolve().parents[2]
HEAD = """\
project: greeter
repository: https://github.com/example-org/meridian.git
defaults:
  function: {memory_mb: 256, timeout_seconds: 5}
  api: {throttle: {rate: 100, burst: 50}, cors_origins: []}
  logs: {retention_days: 30}
environments:
"""


def make(root: Path, units: int) -> Path:
    """Make a repository in a fresh folder: two units per region and one more per environment."""
    copy_modules(root)
    (root / "live" / "inventory.yaml").write_text(HEAD + "".join(_environments(units)), encoding="utf-8")
    return root


def copy_modules(root: Path) -> None:
    """Copy this repository's modules into a fresh folder."""
    shutil.copytree(ROOT / "modules", root / "modules", ignore=shutil.ignore_patterns("node_modules", "dist", "tests"))
    (root / "live").mkdir()


def _environments(units: int) -> list[str]:
    regions = sorted(name for name, partition in partitions().items() if partition == "aws")
    found: list[str] = []
    while units > 0:
        number = len(found)
        here = regions[: max(1, (units - 1) // 2)]
        units -= 2 * len(here) + 1
        found.append(
            f'  e{number}:\n    account_id: "{100000000000 + number}"\n    primary_region: {here[0]}\n'
            "    versions: working-tree\n    regions:\n" + "".join(f"      {name}: {{}}\n" for name in here)
        )
    return found
