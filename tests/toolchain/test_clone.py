"""A clone of the committed files is set up with the real tools of this machine."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.toolchain.fakes import ROOT

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as from a plain shell; if it fails, the test fails with its output."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "COV"))}
    done = subprocess.run(command, cwd=cwd, env=plain | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone that was set up once."""
    folder = tmp_path_factory.mktemp("clones") / "a friend's clöne"
    run("git", "clone", "--quiet", ROOT, folder, cwd=ROOT)
    run("make", "setup", cwd=folder, PYTHONDONTWRITEBYTECODE="1")
    return folder


def test_it_builds_nothing_that_is_cached_and_changes_no_committed_file(clone: Path) -> None:
    said = run("make", "setup", "FORCE=1", cwd=clone).stderr
    assert "build Terragrunt" not in said
    assert "into the cache" not in said
    assert run("git", "status", "--porcelain", cwd=clone).stdout == ""


def test_a_second_set_up_takes_no_time(clone: Path) -> None:
    begun = time.monotonic()
    assert run("make", "setup", cwd=clone).stderr == "-> set-up: nothing to do\n"
    assert time.monotonic() - begun < 2


def test_the_doctor_finds_everything_ready(clone: Path) -> None:
    assert "make setup" not in run("make", "doctor", cwd=clone).stdout


def test_the_command_line_runs_from_any_folder(clone: Path, tmp_path: Path) -> None:
    assert "Usage: meridian" in run(clone / ".venv/bin/meridian", "--help", cwd=tmp_path).stdout


def test_all_packages_are_byte_compiled(clone: Path) -> None:
    """Also if the caller sets PYTHONDONTWRITEBYTECODE=1."""
    assert list(clone.glob(".venv/lib/python3*/site-packages/boto3/__pycache__/session.*.pyc"))


@pytest.mark.parametrize("name", ["node", "npm", "terragrunt", "terraform", "uv"])
def test_each_linked_tool_runs(clone: Path, name: str, tmp_path: Path) -> None:
    path = f"{clone}/.venv/tools{os.pathsep}{os.environ['PATH']}"
    assert run(clone / ".venv/tools" / name, "--version", cwd=tmp_path, PATH=path).stdout
