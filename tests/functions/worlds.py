"""A copy of the function's folder, and its scripts run in a chosen environment."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FUNCTIONS = Path(__file__).resolve().parents[2] / "modules" / "compute" / "functions"


@dataclass(frozen=True)
class World:
    """A copy of the module's functions folder with a home and a cache of its own."""

    module: Path
    node: Path
    environment: Mapping[str, str]

    @property
    def functions(self) -> Path:
        """Return the copy of modules/compute/functions."""
        return self.module / "functions"

    @property
    def zip(self) -> Path:
        """Return where the build puts the function's zip."""
        return self.functions / "dist" / "function.zip"

    @property
    def cache(self) -> Path:
        """Return where the build keeps installed packages."""
        return Path(self.environment["XDG_CACHE_HOME"]) / "meridian" / "function"

    def start(
        self, *args: str, cwd: Path | None = None, umask: int = 0o022, more: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start build.mjs; `more` are further environment variables."""
        command = [str(self.node), str(self.functions / "build.mjs"), *args]
        return self._popen(command, cwd or self.module, umask, more or {})

    def build(
        self, *args: str, cwd: Path | None = None, umask: int = 0o022, more: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Run build.mjs; returns its exit code and what it wrote to stderr. It must not write to stdout."""
        return finish(self.start(*args, cwd=cwd, umask=umask, more=more))

    def test(self, *args: str) -> tuple[int, str]:
        """Run test.mjs; returns its exit code and all it wrote."""
        command = [str(self.node), str(self.functions / "test.mjs"), *args]
        process = self._popen(command, self.module, 0o022, {})
        stdout, stderr = process.communicate()
        return process.returncode, stdout + stderr

    def _popen(self, command: list[str], cwd: Path, umask: int, more: Mapping[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env={**self.environment, **more},
            umask=umask,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


@dataclass(frozen=True)
class SideBySide:
    """Three builds that were started at once with one empty cache: the worlds, and how each build ended."""

    worlds: list[World]
    outcomes: list[tuple[int, str]]


def copy_world(base: Path, node: Path, cache: Path) -> World:
    """Copy the module's functions, without what a build leaves there, to a folder below `base`."""
    ignore = shutil.ignore_patterns("dist", "node_modules")
    shutil.copytree(FUNCTIONS, base / "compute" / "functions", ignore=ignore)
    (base / "tmp").mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "npm_config_", "LC_"))}
    path = os.pathsep.join([str(node.parent), kept.get("PATH", os.defpath)])
    own = {"PATH": path, "XDG_CACHE_HOME": str(cache), "TMPDIR": str(base / "tmp")}
    return World(base / "compute", node, {**kept, **own})


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a build; returns its exit code and what it wrote to stderr."""
    stdout, stderr = process.communicate()
    assert stdout == "", "a hook speaks on stderr only"
    return process.returncode, stderr
