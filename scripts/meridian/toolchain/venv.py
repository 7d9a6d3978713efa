"""Virtual environments: made for this checkout, filled from hash-locked requirements, byte-compiled."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from meridian.console import step
from meridian.errors import OperationFailed, UserError
from meridian.toolchain import cache, process
from meridian.toolchain.uv import LOCKS, Uv

MARKER = "meridian-setup.running"


def provide(root: Path, uv: Uv) -> Path:
    """Make or mend .venv with everything that the command line and the tests import."""
    venv = root / ".venv"
    with step("install the Python packages"):
        _sync(venv, uv, [root / LOCKS / "requirements.txt", root / LOCKS / "requirements-dev.txt"])
        uv.run(
            *("pip", "install", "--no-deps", "--no-build-isolation", "--python", venv / "bin/python"),
            *("--editable", root),
            title="install the command line",
        )
        process.run(
            [venv / "bin/python", "-m", "compileall", "-q", root / "scripts/meridian"],
            title="byte-compile the command line",
            environ=uv.environ,
        )
        (venv / MARKER).unlink()
    return venv


def provide_checkov(root: Path, uv: Uv) -> Path:
    """Make or mend .venv-checkov: Checkov pins an old boto3, so it lives alone."""
    venv = root / ".venv-checkov"
    with step("install Checkov"):
        _sync(venv, uv, [root / LOCKS / "requirements-checkov.txt"])
        (venv / MARKER).unlink()
    return venv


def usable(venv: Path) -> bool:
    """Return whether a virtual environment was made here, is whole, and its Python still exists."""
    if (venv / MARKER).exists() or not (venv / "bin/python").exists():
        return False
    try:
        # Its scripts begin with the path they were made at: a moved or copied one runs another checkout's Python.
        activate = (venv / "bin/activate").read_text(encoding="utf-8")
    except OSError:
        return False
    return str(venv) in activate or shlex.quote(str(venv)) in activate


def _sync(venv: Path, uv: Uv, locks: Sequence[Path]) -> None:
    if not usable(venv):
        _clear(venv)
        venv.mkdir(parents=True)
        (venv / MARKER).touch()
        uv.run("venv", "--allow-existing", "--no-project", "--python", uv.python, venv, title="make the environment")
    (venv / MARKER).touch()
    sync: list[str | Path] = ["pip", "sync", "--require-hashes", "--compile-bytecode"]
    sync += ["--python", venv / "bin/python", *locks]
    try:
        # What the cache holds is not asked for again: a registry that is slow, or gone, is in nobody's way.
        uv.run(*sync, "--offline", title="install the packages from the cache")
    except OperationFailed:
        uv.run(*sync, title="install the packages")


def _clear(venv: Path) -> None:
    """Remove what is in the way if it is a virtual environment; UserError if it is something else."""
    known = ("pyvenv.cfg", MARKER)
    if venv.is_dir() and any(venv.iterdir()) and not any((venv / name).exists() for name in known):
        raise UserError(
            f"{venv}: this folder is no virtual environment, so it is left alone.",
            f"Look what it is, then remove it: rm -r {shlex.quote(str(venv))}",
        )
    cache.remove(venv)
