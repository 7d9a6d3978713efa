"""What is installed on this machine: programs on PATH and the versions they say they have."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from meridian.errors import UserError
from meridian.toolchain import versions
from meridian.toolchain.catalog import Tool

ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Found:
    """A program and the version it answered; None where it gave no usable answer."""

    path: Path
    version: versions.Version | None

    @property
    def number(self) -> str:
        """The version in words, e.g. 1.11.4."""
        return ".".join(map(str, self.version)) if self.version else "no usable version"


def version_of(tool: Tool, path: Path, environ: Mapping[str, str]) -> Found:
    """Ask a program for its version; an answer that cannot be had is a Found without one."""
    # Neither may reach for the network only to say its version.
    quiet = {**environ, "CHECKPOINT_DISABLE": "1", "GOTOOLCHAIN": "local"}
    try:
        answer = subprocess.run(
            [str(path), *tool.version_argv],
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return Found(path, None)
    return Found(path, versions.parse(answer.stdout) if answer.returncode == 0 else None)


def candidates(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield each program of that name on PATH; links that a set-up made itself are passed over."""
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        folder = Path(entry)
        path = folder / name
        own = folder.name == "tools" and (folder.parent / "pyvenv.cfg").exists()
        if folder.is_absolute() and not own and path.is_file() and os.access(path, os.X_OK):
            yield path


def on_path(tool: Tool, environ: Mapping[str, str]) -> tuple[Found | None, list[Found]]:
    """Return the first program on PATH that fits, and all those before it that do not."""
    refused: list[Found] = []
    for path in candidates(tool.name, environ):
        found = version_of(tool, path, environ)
        complete = all(os.access(path.parent / name, os.X_OK) for name in tool.beside)
        if complete and found.version and tool.fits(found.version):
            return found, refused
        refused.append(found)
    return None, refused


def require(tool: Tool, environ: Mapping[str, str]) -> Found:
    """Return the program on PATH that fits; UserError names it, the version wanted and how to get it."""
    found, refused = on_path(tool, environ)
    if found:
        return found
    seen = ", ".join(f"{other.number} at {other.path}" for other in refused)
    has = f"PATH has only {seen}" if seen else "PATH has none"
    raise UserError(f"{tool.name} {tool.wanted} is needed, and {has}.", tool.advice)
