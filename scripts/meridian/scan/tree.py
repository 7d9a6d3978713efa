"""Rules over the tree itself: what is rendered is what runs, and nothing in it talks a finding away."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import hcl2
from lark.exceptions import LarkError

from meridian.errors import CouldNotTell
from meridian.generate import write
from meridian.generate.command import rendered
from meridian.generate.plan import UNIT
from meridian.generate.tree import walk
from meridian.generate.write import MEANING
from meridian.inventory.model import Inventory
from meridian.scan.finding import Finding, Severity
from meridian.scan.rule import Rule

UNRENDERED = Rule(
    "MRD_TREE_001",
    "live/ is what the inventory renders",
    Severity.HIGH,
    "A file that nobody rendered can run any code in any account, and no review of the inventory sees it.",
    "Run `meridian generate`; put what you need into live/inventory.yaml or a module.",
)
UNPINNED = Rule(
    "MRD_TREE_002",
    "A unit's module is pinned by a commit",
    Severity.HIGH,
    "A branch or a tag can be moved: what was reviewed is not what runs.",
    "Name released versions in live/inventory.yaml; only the first environment runs the working tree.",
)
MOCKS_APPLIED = Rule(
    "MRD_TREE_003",
    "Mocks are never allowed for what changes an account",
    Severity.CRITICAL,
    "With a mock an apply builds on an address that does not exist.",
    "Take apply, import and refresh out of mock_outputs_allowed_terraform_commands.",
)
SKIPPED = Rule(
    "MRD_TREE_004",
    "No comment skips a check",
    Severity.HIGH,
    "A comment in the code under review would talk the gate out of its finding, without owner or end.",
    "Mend it, or accept it in scripts/policies/waivers.yaml.",
)
RUNS = Rule(
    "MRD_TREE_005",
    "A module declares AWS resources and runs nothing",
    Severity.CRITICAL,
    "A provisioner, or a provider that runs programs, uses the deployer's credentials, already in a plan.",
    "Declare aws_ resources only; what has to be built is the module's package.",
)
RULES = (UNRENDERED, UNPINNED, MOCKS_APPLIED, SKIPPED, RUNS)
PROVIDER = "hashicorp/aws"

COMMIT = re.compile(r"[?&]ref=[0-9a-f]{40}$")
SKIP = re.compile(r"(?:checkov|bridgecrew)\s*:\s*skip", re.IGNORECASE)
CHANGES_AN_ACCOUNT = {"apply", "import", "refresh"}
SCANNED = (".tf", ".tfvars", ".hcl", ".yaml", ".yml", ".json")


def judge(root: Path) -> list[Finding]:
    """Return what is wrong with live/ and with comments in modules/.

    Raises UserError where the inventory or a module is wrong, CouldNotTell for a file that cannot be read.
    """
    wanted = rendered(root)
    live = root / "live"
    tree = walk(live)
    found = [
        UNRENDERED.finding(f"live/{change.path} is {MEANING[change.kind]}", file=f"live/{change.path}")
        for change in write.compare(wanted.files, live, tree)
    ]
    found += [
        UNRENDERED.finding(f"live/{path} was rendered by nobody, and Terragrunt runs it.", file=f"live/{path}")
        for path in write.strangers(wanted.files, live, tree)
    ]
    for unit in sorted((root / "live").glob(f"*/*/*/{UNIT}")):
        found += _unit(root, unit, wanted.inventory)
    for manifest in sorted((root / "modules").glob("*/unit.yaml")):
        for file in sorted(manifest.parent.glob("*.tf")):
            found += _programs(root, file)
    return found + skips(root)


def skips(root: Path) -> list[Finding]:
    """Return every comment that asks Checkov to skip a check."""
    found = []
    for folder in ("modules", "live"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SCANNED or "node_modules" in file.parts or not file.is_file():
                continue
            name = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if SKIP.search(line):
                    found.append(SKIPPED.finding(f"{name} asks for a check to be skipped.", file=name, line=number))
    return found


def _read(file: Path, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = hcl2.loads(file.read_text(encoding="utf-8") + "\n")
    except (LarkError, ValueError) as error:
        raise CouldNotTell(f"{name}: it cannot be read as HCL: {str(error).splitlines()[0]}") from error
    return found


def _programs(root: Path, file: Path) -> Iterator[Finding]:
    name, module = file.relative_to(root).as_posix(), file.parent.name
    code = _read(file, name)
    for what in ("resource", "data"):
        for block in code.get(what, ()):
            for kind, bodies in block.items():
                kind = kind.strip('"')
                if not kind.startswith("aws_"):
                    yield RUNS.finding(f"{name} has a {what} of the type {kind}.", file=name, module=module)
                if isinstance(bodies, dict) and any("provisioner" in body for body in _maps(bodies.values())):
                    yield RUNS.finding(f"{name}: a {kind} has a provisioner.", file=name, module=module)
    for block in code.get("terraform", ()):
        for required in block.get("required_providers", ()):
            for label, body in required.items():
                source = body.get("source", "").strip('"') if isinstance(body, dict) else ""
                if not label.startswith("__") and source != PROVIDER:
                    text = f"{name} requires the provider {source or label}."
                    yield RUNS.finding(text, file=name, module=module)


def _maps(values: Iterable[Any]) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)]


def _unit(root: Path, file: Path, inventory: Inventory) -> list[Finding]:
    name = file.relative_to(root).as_posix()
    unit = _read(file, name)
    found = []
    environments = {one.name: one for one in inventory.environments}
    environment = environments.get(file.relative_to(root / "live").parts[0])
    for block in unit.get("terraform", ()):
        source = str(block.get("source", "")).strip('"')
        own = environment is not None and environment.versions is None and not environment.protected
        if not COMMIT.search(source) and not (own and source.startswith("${get_repo_root()}/modules//")):
            found.append(UNPINNED.finding(f"{name} takes its module from {source or 'nowhere'}.", file=name))
    for block in unit.get("dependency", ()):
        for label, body in block.items():
            allowed = {str(one).strip('"') for one in body.get("mock_outputs_allowed_terraform_commands", ())}
            if wrong := sorted(allowed & CHANGES_AN_ACCOUNT):
                who = label.strip('"')
                found.append(
                    MOCKS_APPLIED.finding(f"{name}: mocks of {who} are allowed for {', '.join(wrong)}.", file=name)
                )
    return found
