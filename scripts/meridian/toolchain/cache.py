"""The user's cache of tools, shared by all checkouts: <tool>/<version>/<platform>, complete or absent."""

import fcntl
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from meridian.console import say
from meridian.paths import cache_dir

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def platform_name() -> str:
    """Return this machine as Terraform and Go name it, e.g. linux_amd64 or darwin_arm64."""
    machine = platform.machine().lower()
    return f"{sys.platform}_{MACHINES.get(machine, machine)}"


def install(tool: str, version: str, build: Callable[[Path], None], *, again: bool = False) -> Path:
    """Return the folder of a cached tool; if it is absent, or is to be made again, `build` fills it first.

    `build` gets an empty folder, which is renamed when it returns: an interrupted build leaves nothing behind.
    One process builds at a time; others wait and use the result.
    """
    place = cache_dir() / tool / version / platform_name()
    with lock(place.with_suffix(".lock"), f"{tool} {version}"):
        if again or not place.exists():
            partial, old = (place.parent / f".{place.name}.{name}" for name in ("partial", "old"))
            # Of a build that was killed.
            _remove(partial, old)
            partial.mkdir()
            try:
                build(partial)
                if place.exists():
                    place.rename(old)
                partial.rename(place)
            finally:
                _remove(partial, old)
    return place


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def lock(path: Path, what: str) -> Iterator[None]:
    """Hold a lock file while the block runs; the system releases it if this process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"   waiting for another set-up, which works on {what}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
