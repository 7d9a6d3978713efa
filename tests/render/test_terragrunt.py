"""Terragrunt reads every golden tree, at the versions in it."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from meridian.render.command import generate
from tests.render.test_golden import CASES, GOLDEN
from tests.render.world import make_released

pytestmark = pytest.mark.slow

REPOSITORY = "https://example.com/org/demo.git"
COMMANDS = (["hcl", "fmt", "--check"], ["hcl", "validate"], ["hcl", "validate", "--inputs", "--strict"])


def made(root: Path, case: str) -> dict[str, str]:
    """Render a case in a repository of its own, and return the environment in which its URL is that repository."""
    make_released(root, (GOLDEN / case / "inventory.yaml").read_text(encoding="utf-8"))
    assert generate(root=root, check=False, as_json=False) == 0
    for environment in (root / "live").glob("*/env.hcl"):
        (environment.parent / ".terraform.lock.hcl").write_text("", encoding="utf-8")
    return os.environ | {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{root.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": REPOSITORY,
        "TG_DOWNLOAD_DIR": str(root.parent / "downloads"),
    }


def run(terragrunt: str, command: list[str], root: Path, environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a command of Terragrunt on live/."""
    command = [terragrunt, *command, "--working-dir", "live"]
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("case", CASES)
def test_terragrunt_accepts_the_tree(case: str, tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    """Its format, its syntax, and every input against the variables of the module at its version."""
    terragrunt, root = str(require_tool("terragrunt")), tmp_path / "repository"
    environ = made(root, case)
    for command in COMMANDS:
        done = run(terragrunt, command, root, environ)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize(("path", "added"), [("dev/us-east-1/web", "of_no_module"), ("prod/us-east-1/web", "throttle")])
def test_terragrunt_refuses_a_wrong_input(
    path: str, added: str, tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    """The test above can fail: an input that the module lacks in the working tree, or at its version."""
    terragrunt, root = str(require_tool("terragrunt")), tmp_path / "repository"
    environ = made(root, "pinned")
    unit = root / "live" / path / "terragrunt.hcl"
    text = unit.read_text(encoding="utf-8")
    unit.write_text(text.replace("\ninputs = {", f"\ninputs = {{\n  {added} = {{}}"), encoding="utf-8")
    done = run(terragrunt, COMMANDS[-1], root, environ)
    assert done.returncode != 0
    assert f"- {added}\n" in done.stdout + done.stderr


def test_a_state_has_one_key_whatever_the_path(tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    """Through a symbolic link as well: another key would be a second copy of everything."""
    terragrunt, root = str(require_tool("terragrunt")), tmp_path / "repository"
    environ = made(root, "pinned")
    (tmp_path / "link").symlink_to(root)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/dev").symlink_to(root / "live/dev")
    for folder in (root / "live/dev", tmp_path / "link/live/dev", tmp_path / "deep/dev"):
        unit = folder / "us-east-1/web"
        done = subprocess.run(
            [terragrunt, "render", "--format", "json", "--working-dir", str(unit)],
            cwd=unit,
            env=environ | {"PWD": str(unit)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        state = json.loads(done.stdout)["remote_state"]["config"]
        assert state["key"] == "live/dev/us-east-1/web/terraform.tfstate"
