"""Rules over module folders: which files they may hold, and that their code only declares AWS resources."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from meridian import git
from meridian.errors import UserError
from meridian.gate.accepted.syntax import Block, Body, read_file
from meridian.gate.finding import Finding, Severity
from meridian.gate.rule import Rule
from meridian.inventory.model import Environment
from meridian.modules.library import Library
from meridian.paths import PROVIDER
from meridian.yamlfile import document

RUNS = Rule(
    "MRD_TREE_005",
    "Modules declare AWS resources and run nothing",
    Severity.CRITICAL,
    "A provisioner, or a provider that runs programs or talks to another host, uses the deployer's credentials, "
    "already in a plan.",
    "Declare aws_ resources only. The root terragrunt.hcl owns provider and backend; functions/ holds what is built. "
    "Copy a module from elsewhere by `meridian vendor`.",
)
STRAY = Rule(
    "MRD_TREE_007",
    "Module folders hold only files that the gate checks",
    Severity.HIGH,
    "Terraform, OpenTofu and Terragrunt read other files beside the code, and the gate does not check those.",
    "Write blocks as HCL in *.tf and values in live/inventory.yaml, then remove the file. A module holds *.tf, *.md, "
    "unit.yaml, verify.yaml, accepted.json, docs/, functions/, tests/*.tftest.hcl and tests/*.tfmock.hcl, and in "
    "vendor/NAME/ what `meridian vendor` copies.",
)
RULES = (RUNS, STRAY)
# All other blocks are refused: provider, import, action, check (which can hold data sources) and new ones.
BLOCKS = {"data", "locals", "module", "moved", "output", "resource", "terraform", "variable"}
SETTINGS = {"required_providers", "required_version"}
OVERRIDE = re.compile(r"(?:.*[/_])?override\.tf")
"""Files that Terraform merges into the others: no scan of the blocks shows the result."""
HELD = re.compile(
    r"(?:unit|verify)\.yaml|accepted\.json|[A-Za-z0-9][\w.-]*\.(?:tf|md)|docs/.+\.(?:md|svg)"
    r"|functions/.+|tests/[\w.-]+\.(?:tftest|tfmock)\.hcl"
    r"|vendor/[a-z0-9][a-z0-9-]*/(?:origin\.yaml|(?:[A-Za-z0-9][\w-]*/)*"
    r"(?:[A-Za-z0-9][\w.-]*\.tf|LICEN[CS]E(?:\.md)?|NOTICE))"
)
VENDOR, ORIGIN = "vendor", "origin.yaml"
COPIES = f'write source = "./{VENDOR}/NAME" without version, after `meridian vendor`'
CALLED = re.compile(r"\.{1,2}/[A-Za-z0-9_./-]+")
COMMIT = re.compile("[0-9a-f]{40}")
LICENCES = re.compile(r"LICEN[CS]E(?:\.md)?|NOTICE")
SHARED = {"releases.yaml", "README.md", "unit.schema.json", "verify.schema.json"}
"""The files of modules/ itself."""
LINK = "120000"


def find_in_modules(root: Path) -> list[Finding]:
    """Return what is wrong with modules/ of a working tree; a file that git ignores is never stray.

    Raises CouldNotTell for code that cannot be read.
    """
    found: list[Finding] = []
    for path in git.list_files(root, "modules"):
        module, _, inside = path.removeprefix("modules/").partition("/")
        link = (root / path).is_symlink()
        if inside or link or module not in SHARED:
            found += _stray(module if inside else "", inside or module, path, link=link)
    for manifest in sorted((root / "modules").glob("*/unit.yaml")):
        for file in sorted((*manifest.parent.glob("*.tf"), *manifest.parent.glob("vendor/*/**/*.tf"))):
            inside = file.relative_to(manifest.parent).as_posix()
            found += _programs(manifest.parent, inside) if is_allowed(inside, link=file.is_symlink()) else []
        found += _origins(manifest.parent)
    return found


def find_in_pins(root: Path, environments: Iterable[Environment]) -> list[Finding]:
    """Return the files that the released modules of environments should not hold."""
    releases = Library(root).releases
    pins = {pin for one in environments for pin in (one.versions or {}).items()}
    found: list[Finding] = []
    for row in (releases[pin] for pin in sorted(pins) if pin in releases):
        listed = git.run_git(root, "ls-tree", "-r", "-z", row.tree).decode("utf-8", "surrogateescape")
        for line in filter(None, listed.split("\0")):
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


def find_called(folder: str, block: Block) -> str | None:
    """Return the folder that a `module` block in `folder` calls, both in a module's folder; None if it may not.

    A module calls `./vendor/NAME`, and what is copied there only what lies in the same NAME.
    """
    source = block.body.attributes.get("source", ("", 0))[0]
    if not isinstance(source, str) or not CALLED.fullmatch(source) or "version" in block.body.attributes:
        return None
    called = PurePosixPath(os.path.normpath(f"{folder}/{source}" if folder else source)).parts
    own = PurePosixPath(folder).parts[:2]
    allowed = called[:2] == own if own else len(called) == 2 and called[0] == VENDOR
    return "/".join(called) if allowed else None


def _programs(folder: Path, inside: str) -> Iterator[Finding]:
    name = f"modules/{folder.name}/{inside}"
    for block in read_file(folder / inside, name).blocks:
        for what in _wrong(block, inside.rpartition("/")[0]):
            yield RUNS.finding(f"{name}{what}", file=name, line=block.line, module=folder.name)


def _origins(folder: Path) -> Iterator[Finding]:
    for copied in sorted(one for one in folder.glob(f"{VENDOR}/*") if one.is_dir() and not one.is_symlink()):
        if problem := find_origin_problem(copied):
            file = f"modules/{folder.name}/{VENDOR}/{copied.name}/{ORIGIN}"
            fix = f"Run `meridian vendor {folder.name} {copied.name} REPOSITORY --commit COMMIT`."
            yield STRAY.finding(f"{file} {problem}.", file=file, module=folder.name, fix=fix)


def find_origin_problem(copied: Path) -> str:
    """Return what is wrong with the origin.yaml of a copied module, as the end of a sentence; empty if it is right."""
    try:
        origin = document.read_file(copied / ORIGIN, ORIGIN).value
    except UserError as error:
        return f"is not read: {error}" if os.path.lexists(copied / ORIGIN) else "is missing"
    if set(origin) != {"repository", "commit", "folder"}:
        return "does not have repository, commit and folder, and nothing else"
    return "" if COMMIT.fullmatch(str(origin["commit"])) else "does not name a commit by its 40 digits"


def _wrong(block: Block, folder: str) -> Iterator[str]:
    """Yield what is wrong with a block, as the end of a sentence that begins with the file's name."""
    if block.kind not in BLOCKS:
        yield f" has a {block.kind} block."
    elif block.kind in {"resource", "data"}:
        kind = block.labels[0] if block.labels else ""
        if not kind.startswith("aws_"):
            yield f" has a {block.kind} of the type {kind}."
        if kind == "aws_lambda_invocation":
            yield f" has a {block.kind} that runs a function: {kind}."
        if any("provisioner" in (inner.kind, *inner.labels) for inner in block.body.blocks):
            yield f": a {kind} has a provisioner."
    elif block.kind == "module" and find_called(folder, block) is None:
        source = block.body.attributes.get("source", ("", 0))[0]
        yield f": module {'.'.join(block.labels)} is called from {source!r} and not from a copy: {COPIES}."
    elif block.kind == "terraform":
        yield from (f": terraform {text}." for text in _settings(block.body))


def _settings(body: Body) -> Iterator[str]:
    names = {*body.attributes, *(block.kind for block in body.blocks)}
    yield from (f"has a setting {what}" for what in sorted(names - SETTINGS))
    for block in body.blocks:
        if block.kind == "required_providers":
            for label, (value, _) in block.body.attributes.items():
                source = value.get("source", "") if isinstance(value, dict) else ""
                if source != PROVIDER:
                    yield f"requires the provider {source or label}"
