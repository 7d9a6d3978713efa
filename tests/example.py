"""The inventory and the modules that tests deploy: a fork's own change neither."""

import shutil
from pathlib import Path

import yaml

from meridian.paths import INVENTORY
from meridian.render.command import render_inventory
from tests.gate.repository import git

EXAMPLE = Path(__file__).with_name("inventory.yaml")
MODULES = {"access", "compute", "data", "edge", "identity", "routing", "watch", "zone"}


def is_example(root: Path) -> bool:
    """Return whether a checkout has the inventory and the modules that tests deploy."""
    found, wanted = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in (root / INVENTORY, EXAMPLE))
    return bool(found == wanted) and not _own_modules(root)


def lay_example(root: Path) -> None:
    """Give a clone of this repository the inventory that tests deploy, committed as origin's main."""
    if is_example(root):
        return
    (root / INVENTORY).write_bytes(EXAMPLE.read_bytes())
    for folder in _own_modules(root):
        shutil.rmtree(folder)
    for unit in root.glob("live/*/*/*/terragrunt.hcl"):
        unit.unlink()
    for name, text in render_inventory(root).files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    git(root, "add", "--all", "live", "modules", "terragrunt.hcl")
    git(root, "commit", "--quiet", "--message", "test: the example")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")


def _own_modules(root: Path) -> list[Path]:
    found = [manifest.parent for manifest in sorted(root.glob("modules/*/unit.yaml"))]
    return [folder for folder in found if folder.name not in MODULES]
