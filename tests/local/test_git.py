"""Our git calls and Terragrunt's work on this repository, whatever repository the caller's environment names."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from meridian import git, resolve
from meridian.errors import UserError
from meridian.targets import Target
from tests.local.conftest import REPOSITORY, environment

INVENTORY = Path(__file__).resolve().parents[2] / "live/inventory.yaml"


def run_git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, past any environment."""
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main")
    command = ["git", *who, "-C", str(folder), *arguments]
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(command, env=clean, capture_output=True, text=True, check=True).stdout.strip()


def repository(folder: Path) -> Path:
    """Return a repository with one module, committed."""
    module = folder / "modules/greeting"
    module.mkdir(parents=True)
    (module / "main.tf").write_text('output "text" {\n  value = "hello"\n}\n')
    run_git(folder, "init", "--quiet")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "--quiet", "--message", "first")
    return folder


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return repository(tmp_path / "ours")


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return another repository, which the environment names as git's hooks do."""
    folder = tmp_path / "other"
    folder.mkdir()
    run_git(folder, "init", "--quiet")
    for name, value in {
        "GIT_DIR": folder / ".git",
        "GIT_INDEX_FILE": folder / ".git/index",
        "GIT_WORK_TREE": folder,
    }.items():
        monkeypatch.setenv(name, str(value))
    return folder


def test_every_variable_that_git_keeps_for_one_repository_is_known() -> None:
    listed = set(run_git(Path(), "rev-parse", "--local-env-vars").split())
    assert listed - git.FOREIGN == {"GIT_CONFIG_COUNT"}


@pytest.mark.usefixtures("other")
def test_our_git_reads_this_repository(ours: Path) -> None:
    assert git.run_git(ours, "ls-files") == b"modules/greeting/main.tf\n"
    assert Path(git.run_git(ours, "rev-parse", "--show-toplevel").decode().strip()) == ours


@pytest.mark.usefixtures("other")
def test_terragrunt_reads_this_repository(ours: Path, require_tool: Callable[[str], Path]) -> None:
    """It finds the top folder and fetches a pinned module; leftovers of older Terragrunts do not stop a strict run."""
    commit = run_git(ours, "rev-parse", "HEAD")
    unit = ours / "live/unit"
    unit.mkdir(parents=True)
    (ours / "root.hcl").write_text("")
    (unit / "terragrunt.hcl").write_text(
        'include "root" {\n  path = "${get_repo_root()}/root.hcl"\n}\n'
        f'terraform {{\n  source = "git::{REPOSITORY}//modules/greeting?ref={commit}"\n}}\n'
    )
    target = Target("local", ours, environment(), REPOSITORY, "http://127.0.0.1:1")
    left = {"TERRAGRUNT_DOWNLOAD": "/nonexistent", "TERRAGRUNT_TFPATH": "/bin/false", "TERRAGRUNT_IAM_ROLE": "x"}
    done = subprocess.run(
        [require_tool("terragrunt"), "run", "--working-dir", str(unit), "--", "init"],
        env=target.environ({**os.environ, **left}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def checkout(folder: Path) -> Path:
    """Return a folder with the project's own inventory in it."""
    (folder / "live").mkdir(parents=True)
    (folder / "live/inventory.yaml").write_text(INVENTORY.read_text())
    return folder


def test_a_subfolder_of_another_repository_is_refused(ours: Path) -> None:
    """get_repo_root() is git's: every unit would include a file of the repository above."""
    folder = checkout(ours / "infra")
    with pytest.raises(UserError, match=f"{folder} is a subfolder of the git repository {ours};") as caught:
        resolve.resolve(folder, "dev", "local")
    assert f"`git -C {folder} init`" in caught.value.hint


def test_a_folder_outside_git_is_refused(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "copy")
    with pytest.raises(UserError, match=f"{folder} is not a git repository;") as caught:
        git.run_git(folder, "ls-files")
    assert "git clone URL" in caught.value.hint


def test_clones_worktrees_and_submodules_are_accepted(ours: Path, tmp_path: Path) -> None:
    run_git(ours, "worktree", "add", "--quiet", str(tmp_path / "worktree"))
    run_git(ours, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(ours), "inside")
    for folder in (ours, tmp_path / "worktree", ours / "inside"):
        git.require_top(folder)
        assert git.run_git(folder, "ls-files", "modules")
