"""Rules over module folders: which files they may hold, and that their code only declares AWS resources."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import hcl2
from lark.exceptions import LarkError

from meridian import git
from meridian.errors import CouldNotTell
from meridian.gate.finding import Finding, Severity
from meridian.gate.rule import Rule
from meridian.inventory.model import Environment
from meridian.modules.library import Library
from meridian.paths import PROVIDER

RUNS = Rule(
    "MRD_TREE_005",
    "Modules declare AWS resources and run nothing",
    Severity.CRITICAL,
    "A provisioner, or a provider that runs programs or talks to another host, uses the deployer's credentials, "
    "already in a plan.",
    "Declare aws_ resources only. The root terragrunt.hcl owns provider and backend; functions/ holds what is built.",
)
STRAY = Rule(
    "MRD_TREE_007",
    "Module folders hold only files that the gate checks",
    Severity.HIGH,
    "Terraform, OpenTofu and Terragrunt read other files beside the code, and the gate does not check those.",
    "Write blocks as HCL in *.tf and values in live/inventory.yaml, then remove the file. A module holds *.tf, *.md, "
    "unit.yaml, verify.yaml, accepted.json, docs/, functions/, tests/*.tftest.hcl and tests/*.tfmock.hcl.",
)
RULES = (RUNS, STRAY)
# All other blocks are refused: provider, import, action, check (which can hold data sources) and new ones.
BLOCKS = {"data", "locals", "moved", "output", "resource", "terraform", "variable"}
SETTINGS = {"required_providers", "required_version"}
OVERRIDE = re.compile(r"(?:.*_)?override\.tf")
"""Files that Terraform merges into the others: no scan of the blocks shows the result."""
HELD = re.compile(
    r"(?:unit|verify)\.yaml|accepted\.json|[A-Za-z0-9][\w.-]*\.(?:tf|md)|docs/.+\.(?:md|svg)"
    r"|functions/.+|tests/[\w.-]+\.(?:tftest|tfmock)\.hcl"
)
LINK = "120000"


def find_in_modules(root: Path) -> list[Finding]:
    """Return what is wrong with modules/ of a working tree; a file that git ignores is never stray.

    Raises CouldNotTell for code that cannot be read.
    """
    listed = git.run_git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "modules")
    paths = sorted({path for path in _split(listed) if os.path.lexists(root / path)})
    found: list[Finding] = []
    for path in paths:
        module, _, inside = path.removeprefix("modules/").partition("/")
        link = (root / path).is_symlink()
        if inside or link or module not in {"releases.yaml", "README.md", "verify.schema.json"}:
            found += _stray(module if inside else "", inside or module, path, link=link)
    for manifest in sorted((root / "modules").glob("*/unit.yaml")):
        for file in sorted(manifest.parent.glob("*.tf")):
            found += _programs(root, file) if is_allowed(file.name, link=file.is_symlink()) else []
    return found


def find_in_pins(root: Path, environments: Iterable[Environment]) -> list[Finding]:
    """Return the files that the released modules of environments should not hold."""
    releases = Library(root).releases
    pins = {pin for one in environments for pin in (one.versions or {}).items()}
    found: list[Finding] = []
    for row in (releases[pin] for pin in sorted(pins) if pin in releases):
        for line in _split(git.run_git(root, "ls-tree", "-r", "-z", row.tree)):
            mode, _, inside = line.partition("\t")
            file = f"modules/{row.module}/{inside}"
            found += _stray(row.module, inside, file, link=mode.startswith(LINK), version=row.version)
    return found


def is_allowed(inside: str, *, link: bool) -> bool:
    """Whether a module may hold a file, given its path in the module's folder."""
    return not link and bool(HELD.fullmatch(inside)) and not OVERRIDE.fullmatch(inside)


def _stray(module: str, inside: str, file: str, *, link: bool, version: str = "") -> Iterator[Finding]:
    if module and is_allowed(inside, link=link):
        return
    where = f"{module} {version}".strip() or "modules/"
    text = f"{file} is a symbolic link." if link else f"{file} does not belong in {where}."
    yield STRAY.finding(text, file=file, module=module)


def _split(listed: bytes) -> list[str]:
    return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def _programs(root: Path, file: Path) -> Iterator[Finding]:
    name, module = file.relative_to(root).as_posix(), file.parent.name
    code = _read_hcl(file, name)
    for what in sorted(_block_names(code) - BLOCKS):
        yield RUNS.finding(f"{name} has a {what} block.", file=name, module=module)
    for what in ("resource", "data"):
        for block in code.get(what, ()):
            for label, labelled in block.items():
                kind = label.strip('"')
                if not kind.startswith("aws_"):
                    yield RUNS.finding(f"{name} has a {what} of the type {kind}.", file=name, module=module)
                bodies = labelled.values() if isinstance(labelled, dict) else ()
                if any(isinstance(body, dict) and "provisioner" in body for body in bodies):
                    yield RUNS.finding(f"{name}: a {kind} has a provisioner.", file=name, module=module)
    yield from (RUNS.finding(f"{name}: terraform {text}.", file=name, module=module) for text in _settings(code))


def _settings(code: dict[str, Any]) -> Iterator[str]:
    for block in code.get("terraform", ()):
        yield from (f"has a setting {what}" for what in sorted(_block_names(block) - SETTINGS))
        for required in block.get("required_providers", ()):
            for label, body in required.items():
                source = body.get("source", "").strip('"') if isinstance(body, dict) else ""
                if not label.startswith("__") and source != PROVIDER:
                    yield f"requires the provider {source or label}"


def _read_hcl(file: Path, name: str) -> dict[str, Any]:
    """Return a file's blocks; CouldNotTell if it is not HCL."""
    try:
        found: dict[str, Any] = hcl2.loads(file.read_text(encoding="utf-8") + "\n")
    except OSError as error:
        raise CouldNotTell(f"{name}: it cannot be read: {error.strerror}.") from error
    except (LarkError, ValueError) as error:
        raise CouldNotTell(f"{name}: it cannot be read as HCL: {str(error).splitlines()[0]}") from error
    return found


def _block_names(block: dict[str, Any]) -> set[str]:
    """Return the names in a block, without those that the parser adds."""
    return {name for name in block if not name.startswith("__")}
