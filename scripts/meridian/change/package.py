"""Builds a module's function from its commit in a temporary folder, so that no other file of the checkout gets in."""

import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

from meridian import git, tools
from meridian.console import step
from meridian.errors import OperationFailed
from meridian.modules.ledger import PACKAGE_ZIP


def build_and_hash(root: Path, module: str, commit: str, script: str) -> str:
    """Return the sha256 of the zip that `script` (relative to the module) builds from a commit's module.

    Raises UserError where Node.js is not set up, OperationFailed where the build fails.
    """
    archive = git.run_git(root, "archive", "--format=tar", commit, "--", f"modules/{module}")
    with tempfile.TemporaryDirectory(prefix="meridian-release-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as content:
            content.extractall(folder, filter="data")
        inside = Path(folder) / "modules" / module
        command = [str(tools.path("node")), script]
        with step(f"{module}: build of its function from commit {commit[:12]}"):
            done = subprocess.run(
                command, cwd=inside, env=tools.variables(os.environ), capture_output=True, text=True, check=False
            )
            built = inside / PACKAGE_ZIP
            if done.returncode or not built.is_file():
                reason = done.stderr.strip() or f"exit code {done.returncode}, no {PACKAGE_ZIP}"
                raise OperationFailed(f"modules/{module}/{script}: {reason}", "Nothing was released.")
            return hashlib.sha256(built.read_bytes()).hexdigest()
