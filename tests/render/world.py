"""Repositories made for tests: small modules of their own, an inventory, and releases with fixed commits."""

import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "modules"
RELEASED = HERE / "released"
MINIMAL = """\
project: demo
repository: https://example.com/org/demo.git
defaults:
  throttle: {rate: 10, burst: 5}
environments:
  dev:
    account_id: "100000000001"
    primary_region: us-east-1
    versions: working-tree
    regions:
      us-east-1: {}
"""
ZIP = "ab" * 32
# Fixed, so that commits have the same ids on every machine.
_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Demo",
    "GIT_AUTHOR_EMAIL": "demo@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "Demo",
    "GIT_COMMITTER_EMAIL": "demo@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}


def make(root: Path, inventory: str = MINIMAL) -> Path:
    """Make a repository without git: the test modules and an inventory."""
    shutil.copytree(MODULES, root / "modules")
    (root / "live").mkdir()
    return write_inventory(root, inventory)


def write_inventory(root: Path, text: str) -> Path:
    """Replace the inventory of a repository, and return the repository."""
    (root / "live" / "inventory.yaml").write_text(text, encoding="utf-8")
    return root


def make_released(root: Path, inventory: str = MINIMAL) -> Path:
    """Make a git repository that released directory and store 1.0.0, web 1.0.0 (older than what is there) and 2.0.0."""
    make(root, inventory)
    current = root / "modules" / "web"
    shutil.rmtree(current)
    shutil.copytree(RELEASED / "web", current)
    git(root, "init", "--quiet", "--initial-branch=main")
    rows = [_release(root, module, "1.0.0") for module in ("directory", "store", "web")]
    shutil.rmtree(current)
    shutil.copytree(MODULES / "web", current)
    rows.append(_release(root, "web", "2.0.0"))
    (root / "modules" / "releases.yaml").write_text("releases:\n" + "".join(rows), encoding="utf-8")
    return root


def git(root: Path, *arguments: str) -> str:
    """Return what a git command prints."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | _GIT
    done = subprocess.run(["git", *arguments], cwd=root, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def tree(folder: Path) -> dict[str, str]:
    """Return every file below a folder: its path and its text."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _release(root: Path, module: str, version: str) -> str:
    git(root, "add", "modules")
    git(root, "commit", "--quiet", "--allow-empty", "-m", f"{module} {version}")
    commit, found = git(root, "rev-parse", "HEAD"), git(root, "rev-parse", f"HEAD:modules/{module}")
    package = f"    zip_sha256: {ZIP}\n" if module == "web" else ""
    return (
        f"  - module: {module}\n    version: {version}\n    commit: {commit}\n    tree: {found}\n"
        f'{package}    date: "2026-01-02"\n    note: First of its kind.\n'
    )
