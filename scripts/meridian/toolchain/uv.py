"""uv, the installer of Python packages: found on PATH or installed by pip."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from meridian.console import step
from meridian.errors import OperationFailed, UserError
from meridian.toolchain import cache, process, tool

LOCKS = Path("scripts/tools")
# Variables that would make an installer work on another environment than the one that is named.
FOREIGN = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_SYSTEM_PYTHON", "PIP_USER")
HINT = (
    "Check network and disk space, then run `make setup` again.\n"
    "  uv does not read pip's configuration: set UV_DEFAULT_INDEX to the address of your own package index."
)


@dataclass(frozen=True)
class Uv:
    """uv, the Python that it installs for, and the environment that it runs in."""

    path: Path
    python: Path
    environ: Mapping[str, str]

    def run(self, *arguments: str | Path, title: str, cwd: Path | None = None) -> None:
        """Run uv; OperationFailed with its last lines if it fails."""
        process.run([self.path, *arguments], title=title, environ=self.environ, cwd=cwd, hint=HINT)

    def sync(self, venv: Path, *locks: Path) -> None:
        """Install exactly the locked packages; the network is used only for those that the cache lacks."""
        sync: list[str | Path] = ["pip", "sync", "--require-hashes", "--compile-bytecode"]
        sync += ["--python", venv / "bin/python", *locks]
        try:
            self.run(*sync, "--offline", title="install and byte-compile packages from the cache")
        except OperationFailed:
            self.run(*sync, title="install and byte-compile packages")


def provide(root: Path, pins: Mapping[str, str], environ: Mapping[str, str], python: Path | None = None) -> Uv:
    """Return uv from PATH if it is recent enough, else the pinned one from the cache.

    It installs for `python`: the one that runs this, or the one that its virtual environment was made from.
    """
    python = python or Path(getattr(sys, "_base_executable", sys.executable))
    ours = {name: value for name, value in environ.items() if name not in FOREIGN}
    # Start-up time counts: installs are byte-compiled in any case.
    ours.pop("PYTHONDONTWRITEBYTECODE", None)
    found, _ = tool.find_tool(tool.tools(pins)["uv"], environ)
    path = found.path if found else _install(root, pins["uv"], ours, python)
    return Uv(path, python, ours | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"})


def _install(root: Path, version: str, environ: Mapping[str, str], python: Path) -> Path:
    @step(f"install uv {version} into the cache with pip")
    def build(folder: Path) -> None:
        boot = folder / "boot"
        try:
            process.run([python, "-m", "venv", boot], title="make a temporary environment with pip", environ=environ)
        except OperationFailed as error:
            raise UserError(
                f"uv is not on PATH, and this Python cannot install it: {error.message}",
                "Install uv, or the venv module of Python, e.g. `brew install uv` or `apt-get install python3-venv`.",
            ) from error
        process.run(
            [
                *(boot / "bin/python", "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile"),
                *("--only-binary", ":all:", "--target", folder, "-r", root / LOCKS / "wheels/uv.txt"),
            ],
            title="install uv",
            environ=environ,
            hint="Check network, disk space and `python3 -m pip config list`, then run `make setup` again.",
        )
        shutil.rmtree(boot)

    return cache.install("uv", version, build) / "bin/uv"
