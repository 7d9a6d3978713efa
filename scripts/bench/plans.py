"""Saved plans of an environment, made from real ones; as a program, the gate over them."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import world
from meridian.gate import scan, units
from meridian.inventory.load import load_inventory
from meridian.paths import INVENTORY
from meridian.plans.saved import Plans
from meridian.targets import Target

REAL = world.ROOT / "tests" / "gate" / "corpus" / "plans"
PRIMARY = "us-east-1"
# The user pool is in the primary region only.
ISSUER = f"cognito-idp.{PRIMARY}.amazonaws.com/{PRIMARY}_"
REGIONS = (
    PRIMARY,
    *("eu-west-1", "eu-central-1", "ap-northeast-1", "ap-southeast-2", "sa-east-1", "ca-central-1", "us-west-2"),
)
ENVIRONMENT = """\
  prod:
    account_id: "100000000003"
    primary_region: us-east-1
    protected: true
    versions: working-tree
    regions:
"""
Found = set[tuple[str, str, str]]
"""Unit (`<region>/<unit>`), check and resource of every failed check, waived or not."""


def make(root: Path, regions: int) -> Target:
    """Write modules, inventory and saved plans in a fresh folder."""
    world.copy_modules(root)
    text = world.HEAD + ENVIRONMENT + "".join(f"      {name}: {{}}\n" for name in REGIONS[:regions])
    (root / INVENTORY).write_text(text, encoding="utf-8")
    target = target_of(root)
    for name in [f"{PRIMARY}/identity", *(f"{r}/{m}" for r in REGIONS[:regions] for m in ("data", "compute"))]:
        file = Plans(target).folder / name / "tfplan.json"
        file.parent.mkdir(parents=True)
        file.write_text(_plan(name), encoding="utf-8")
    return target


def target_of(root: Path) -> Target:
    """Return the environment that `make` wrote; its local AWS does not exist."""
    inventory = load_inventory(root / INVENTORY)
    return Target("local", root, inventory.environment("prod"), inventory.repository, "http://127.0.0.1:1")


def names(target: Target) -> list[str]:
    """Return the units that have a saved plan."""
    folder = Plans(target).folder
    return sorted(file.parent.relative_to(folder).as_posix() for file in folder.glob("*/*/tfplan.json"))


def _plan(name: str) -> str:
    region, _, module = name.partition("/")
    text = (REAL / f"{module}.json").read_text(encoding="utf-8")
    return text.replace(ISSUER, "THE-POOL").replace(PRIMARY, region).replace("THE-POOL", ISSUER)


def main(arguments: Sequence[str]) -> int:
    """Run the gate over the plans of `root` as `meridian scan` does, and write the failed checks to `out`."""
    root, out = map(Path, arguments)
    target = target_of(root)
    with tempfile.TemporaryDirectory() as folder:
        verdict = scan.find_verdict([], units.read_units(target, names(target), Path(folder)))
    every = [*verdict.findings, *verdict.accepted, *verdict.not_applicable]
    rows = [(f"{at.region}/{at.unit}", one.check, at.resource) for one in every for at in one.places]
    out.write_text(json.dumps(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
