"""The inventory and the modules that tests deploy: a fork's own change neither."""

import re
import shutil
from pathlib import Path

import yaml

from meridian.modules.ledger import LEDGER
from meridian.paths import INVENTORY
from meridian.render.command import render_inventory
from tests.gate.repository import git

EXAMPLE = Path(__file__).with_name("inventory.yaml")
ROW = re.compile(r"^(?=  - module:)", re.MULTILINE)
MODULES = {"access", "compute", "data", "edge", "identity", "routing", "watch", "zone"}


def is_example(root: Path) -> bool:
    """Return whether a checkout has the inventory and the modules that tests deploy."""
    found, wanted = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in (root / INVENTORY, EXAMPLE))
    return bool(found == wanted) and not _own_modules(root) and _our_rows(root) == _ledger(root)


def lay_example(root: Path) -> None:
    """Give a clone of this repository the inventory that tests deploy, committed as origin's main."""
    if is_example(root):
        return
    (root / INVENTORY).write_bytes(EXAMPLE.read_bytes())
    for folder in _own_modules(root):
        shutil.rmtree(folder)
    (root / LEDGER).write_text(_our_rows(root), encoding="utf-8")
    for unit in root.glob("live/*/*/*/terragrunt.hcl"):
        unit.unlink()
    for name, text in render_inventory(root).files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    git(root, "add", "--all", "live", "modules", "terragrunt.hcl")
    git(root, "commit", "--quiet", "--message", "test: the example")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")


def _ledger(root: Path) -> str:
    return (root / LEDGER).read_text(encoding="utf-8")


def _our_rows(root: Path) -> str:
    """Return the ledger without the versions of a fork's own modules."""
    head, *rows = ROW.split(_ledger(root))
    return head + "".join(row for row in rows if yaml.safe_load(row)[0]["module"] in MODULES)


def _own_modules(root: Path) -> list[Path]:
    """Return the folders of a fork's own modules, but for those that it wired ours to."""
    units = {file.parent: yaml.safe_load(file.read_text(encoding="utf-8")) for file in root.glob("modules/*/unit.yaml")}
    needs = {folder.name: set(unit.get("needs", ())) for folder, unit in units.items()}
    kept = MODULES
    while more := {need for name in kept & needs.keys() for need in needs[name]} - kept:
        kept = kept | more
    return sorted(folder for folder in units if folder.name not in kept)
