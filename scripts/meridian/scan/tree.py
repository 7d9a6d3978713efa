"""Rules over the tree itself: what is rendered is what runs, and nothing in it talks a finding away."""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import hcl2
from lark.exceptions import LarkError

from meridian.errors import CouldNotTell
from meridian.generate import write
from meridian.generate.command import Rendered, rendered
from meridian.generate.plan import UNIT
from meridian.generate.tree import Tree, walk
from meridian.generate.write import MEANING
from meridian.inventory.model import Inventory
from meridian.modules import git
from meridian.paths import INVENTORY
from meridian.scan.finding import Finding, Severity
from meridian.scan.rule import Rule

UNRENDERED = Rule(
    "MRD_TREE_001",
    "The tree is what the inventory renders",
    Severity.HIGH,
    "A file that was not rendered can run any code in any account, and no review of the inventory sees it.",
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
    "A provisioner, or a provider that runs programs or talks to another host, uses the deployer's credentials, "
    "already in a plan.",
    "Declare aws_ resources only; provider and backend are the root's, and what has to be built is the package.",
)
RULES = (UNRENDERED, UNPINNED, MOCKS_APPLIED, SKIPPED, RUNS)
PROVIDER = "hashicorp/aws"
# Whatever else may stand in a module: a provider, an import, an action, data inside of a check.
BLOCKS = {"data", "locals", "moved", "output", "resource", "terraform", "variable"}
SETTINGS = {"required_providers", "required_version"}

COMMIT = re.compile(r"[?&]ref=[0-9a-f]{40}$")
SKIP = re.compile(r"(?:checkov|bridgecrew)\s*:\s*skip", re.IGNORECASE)
CHANGES_AN_ACCOUNT = {"apply", "import", "refresh"}
SCANNED = (".tf", ".tfvars", ".hcl", ".yaml", ".yml", ".json")


def judge(root: Path) -> list[Finding]:
    """Return the findings in the root terragrunt.hcl, live/ and the code of modules/.

    Raises UserError where the inventory or a module is wrong, CouldNotTell for a file that cannot be read.
    """
    wanted = rendered(root)
    tree = walk(root)
    found = [
        UNRENDERED.finding(f"{change.path} is {MEANING[change.kind]}.", file=change.path)
        for change in write.compare(wanted.files, root, tree)
    ]
    found += [
        UNRENDERED.finding(f"{path} was not rendered, and Terragrunt runs or copies it.", file=path)
        for path in _strangers(root, wanted, tree, {one.file for one in found})
    ]
    for unit in sorted((root / "live").glob(f"*/*/*/{UNIT}")):
        found += _unit(root, unit, wanted.inventory)
    for manifest in sorted((root / "modules").glob("*/unit.yaml")):
        for file in sorted(manifest.parent.glob("*.tf")):
            found += _programs(root, file)
    return found + skips(root)


def _strangers(root: Path, wanted: Rendered, tree: Tree, told: Collection[str]) -> list[str]:
    """Return the files in live/ that were not rendered: Terragrunt copies each file beside a unit into its module."""
    known = {*wanted.files, INVENTORY.as_posix(), *told}
    known |= {f"live/{one.name}/.terraform.lock.hcl" for one in wanted.inventory.environments}
    listed = git.run(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "live")
    paths = {path for path in listed.decode("utf-8", "surrogateescape").split("\0") if os.path.lexists(root / path)}
    return sorted((paths | set(write.strangers(wanted.files, root, tree))) - known - {""})


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


def read(file: Path, name: str) -> dict[str, Any]:
    """Return a file's blocks; CouldNotTell where it is no HCL."""
    try:
        found: dict[str, Any] = hcl2.loads(file.read_text(encoding="utf-8") + "\n")
    except OSError as error:
        raise CouldNotTell(f"{name}: it cannot be read: {error.strerror}.") from error
    except (LarkError, ValueError) as error:
        raise CouldNotTell(f"{name}: it cannot be read as HCL: {str(error).splitlines()[0]}") from error
    return found


def _programs(root: Path, file: Path) -> Iterator[Finding]:
    name, module = file.relative_to(root).as_posix(), file.parent.name
    code = read(file, name)
    for what in sorted(names(code) - BLOCKS):
        yield RUNS.finding(f"{name} has a {what} block.", file=name, module=module)
    for what in ("resource", "data"):
        for block in code.get(what, ()):
            for label, labelled in block.items():
                kind = label.strip('"')
                if not kind.startswith("aws_"):
                    yield RUNS.finding(f"{name} has a {what} of the type {kind}.", file=name, module=module)
                if isinstance(labelled, dict) and any("provisioner" in body for body in bodies(labelled)):
                    yield RUNS.finding(f"{name}: a {kind} has a provisioner.", file=name, module=module)
    yield from (RUNS.finding(f"{name}: terraform {text}.", file=name, module=module) for text in _settings(code))


def _settings(code: dict[str, Any]) -> Iterator[str]:
    for block in code.get("terraform", ()):
        yield from (f"has a setting {what}" for what in sorted(names(block) - SETTINGS))
        for required in block.get("required_providers", ()):
            for label, body in required.items():
                source = body.get("source", "").strip('"') if isinstance(body, dict) else ""
                if not label.startswith("__") and source != PROVIDER:
                    yield f"requires the provider {source or label}"


def names(block: dict[str, Any]) -> set[str]:
    """Return the names in a block, without what the parser adds."""
    return {name for name in block if not name.startswith("__")}


def bodies(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the bodies of labelled blocks."""
    return [body for body in block.values() if isinstance(body, dict)]


def _unit(root: Path, file: Path, inventory: Inventory) -> list[Finding]:
    name = file.relative_to(root).as_posix()
    unit = read(file, name)
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
