"""scripts/generate.py and scripts/add_region.py start the command line."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toolchain import fakes

LAUNCHERS = {"generate.py": "generate", "add_region.py": "add-region"}


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The launchers in a checkout without an environment."""
    shutil.copytree(fakes.ROOT / "scripts/tools", tmp_path / "scripts/tools")
    for name in LAUNCHERS:
        shutil.copy(fakes.ROOT / "scripts" / name, tmp_path / "scripts")
    return tmp_path / "scripts"


def start(script: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a launcher with a Python that knows no package of ours."""
    command = [sys.executable, "-S", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=script.parents[2], check=False)


@pytest.mark.parametrize(("name", "command"), LAUNCHERS.items())
def test_a_launcher_runs_its_command_with_the_given_arguments(scripts: Path, name: str, command: str) -> None:
    fakes.program(scripts.parent / ".venv/bin", "meridian", 'printf "%s|" "$@"; exit 3')
    done = start(scripts / name, "dev", "a b", "--check")
    assert (done.returncode, done.stdout) == (3, f"{command}|dev|a b|--check|")


@pytest.mark.parametrize("name", LAUNCHERS)
def test_without_an_environment_a_launcher_says_how_to_make_one(scripts: Path, name: str) -> None:
    done = start(scripts / name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: Meridian is not set up in this checkout.\n  Run `make setup`.\n"
