"""uv, the installer of Python packages: from PATH, else by pip into the cache; and what we do with it."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from meridian.console import say, step
from meridian.errors import UserError
from meridian.toolchain import cache, catalog, index, probe, process
from meridian.toolchain.pins import Pins

LOCKS = Path("scripts/tools")


@dataclass(frozen=True)
class Uv:
    """uv, the Python that it works for, and the environment that it runs in."""

    path: Path
    python: Path
    environ: Mapping[str, str]

    def run(self, *arguments: str | Path, title: str, cwd: Path | None = None) -> list[str]:
        """Run uv; OperationFailed with its last lines where it fails."""
        hint = "Look at the lines above; a network or index problem passes with a second `make setup`."
        return process.run([self.path, *arguments], title=title, environ=self.environ, cwd=cwd, hint=hint)

    def unpack(self, lock: Path, into: Path, title: str) -> None:
        """Install the one wheel of a lock file, checked by hash, into a folder of its own."""
        self.run(
            *("pip", "install", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy"),
            *("--python", self.python, "--target", into, "-r", lock),
            title=title,
        )


def provide(root: Path, pins: Pins, environ: Mapping[str, str], python: Path) -> Uv:
    """Return uv, ready to run: the one on PATH if it is recent enough, else the pinned one."""
    found, _ = probe.on_path(catalog.uv(), environ)
    path = found.path if found else _cached(root, pins, environ, python)
    return Uv(path, python, index.for_uv(environ, python))


def _cached(root: Path, pins: Pins, environ: Mapping[str, str], python: Path) -> Path:
    def build(folder: Path) -> None:
        with step(f"install uv {pins.uv} into the cache with pip"):
            pip = _pip(python, folder / "boot", environ)
            process.run(
                [
                    *(*pip, "install", "--quiet", "--require-hashes", "--no-deps", "--no-compile"),
                    *("--only-binary", ":all:", "--target", folder, "-r", root / LOCKS / "wheels/uv.txt"),
                ],
                title="install uv",
                environ=index.for_pip(environ),
                hint="Look at the lines above; or install uv yourself and put it on PATH.",
            )
            cache.remove(folder / "boot")

    return cache.install("uv", pins.uv, build) / "bin/uv"


def _pip(python: Path, boot: Path, environ: Mapping[str, str]) -> list[str | Path]:
    """Return the command that runs pip: Python's own, else one in a short-lived environment."""
    if _answers([python, "-m", "pip", "--version"], environ):
        return [python, "-m", "pip"]
    say("   Python has no pip: trying `python -m venv`, which brings one")
    if _answers([python, "-m", "venv", boot], environ):
        return [boot / "bin/python", "-m", "pip"]
    raise UserError(
        f"Neither uv nor pip is there: uv is not on PATH, and {python} has neither pip nor venv.",
        "Install one of them, e.g. `apt-get install python3-pip` or `brew install uv`.",
    )


def _answers(argv: list[str | Path], environ: Mapping[str, str]) -> bool:
    command = [str(part) for part in argv]
    try:
        answer = subprocess.run(
            command, env=index.for_pip(environ), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0
