"""The lock files: hashes of every package, and no address of an index."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from meridian.toolchain import lock, tool
from tests.toolchain import fakes

TOOLS = fakes.ROOT / "scripts/tools"
LOCKS = sorted([*TOOLS.glob("requirements*.txt"), *TOOLS.glob("wheels/*.txt")])
REQUIREMENT = re.compile(r"^([a-z0-9][\w.-]*)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def packages(file: Path) -> dict[str, str]:
    """Return the locked versions by normalised name."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in REQUIREMENT.findall(file.read_text())}


def test_each_tool_wheel_is_locked_at_the_pinned_version() -> None:
    for package, version in lock.wheels(tool.read_pins(fakes.ROOT)).items():
        text = (TOOLS / f"wheels/{package}.txt").read_text()
        assert re.findall(r"^(\S+)==(\S+)", text, re.MULTILINE) == [(package, version)]


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_every_locked_package_has_an_exact_version_and_hashes_and_no_address(file: Path) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", file.read_text(), flags=re.MULTILINE)[1:]
    assert blocks, f"{file.name} locks nothing"
    assert "://" not in file.read_text(), "an address would bind every user to one index"
    for block in blocks:
        assert REQUIREMENT.match(block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_two_locks_of_one_environment_agree() -> None:
    runtime, development = packages(TOOLS / "requirements.txt"), packages(TOOLS / "requirements-dev.txt")
    both = runtime.keys() & development.keys()
    assert {name: runtime[name] for name in both} == {name: development[name] for name in both}


def imported_packages() -> dict[str, set[str]]:
    """Return what the command line imports from others: import name to the distributions that have it."""
    known = packages_distributions()
    imported: set[str] = set()
    for file in (fakes.ROOT / "scripts/meridian").rglob("*.py"):
        if file.relative_to(fakes.ROOT).as_posix() == "scripts/meridian/gate/checkov/worker.py":
            continue  # runs in Checkov's own environment
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    foreign = {
        name
        for name in imported - sys.stdlib_module_names
        if not name.startswith(("meridian", "mypy_boto3", "policies"))
    }
    return {name: {normalised(found) for found in known.get(name, [name])} for name in foreign}


def normalised(name: str) -> str:
    """Return a distribution's name as locks write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_import_of_the_command_line_is_locked() -> None:
    """A package that is installed here by chance is missing in the next clone."""
    locked = packages(TOOLS / "requirements.txt").keys()
    names = imported_packages()
    assert "boto3" in names
    assert {name for name, found in names.items() if not found & locked} == set()


def test_every_requirement_is_imported() -> None:
    """An unused package is a risk without a use."""
    text = (TOOLS / "requirements.in").read_text()
    asked = {normalised(re.split(r"[=<>~ ]", line)[0]) for line in text.splitlines() if line and line[0] != "#"}
    assert "boto3" in asked
    assert asked - set().union(*imported_packages().values()) == set()
