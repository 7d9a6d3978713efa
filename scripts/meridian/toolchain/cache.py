"""The user's cache of tools: <tool>/<version>/<platform>, whole or not there, checked by hash."""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from meridian.console import say
from meridian.paths import cache_dir

MANIFEST = "manifest.json"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def platform_name() -> str:
    """Return this machine as Terraform and Go name it, e.g. linux_amd64 or darwin_arm64."""
    machine = platform.machine().lower()
    return f"{sys.platform}_{MACHINES.get(machine, machine)}"


def slot(tool: str, version: str) -> Path:
    """Return where one version of a tool lies in the cache; a home may serve several kinds of machine."""
    return cache_dir() / tool / version / platform_name()


def install(tool: str, version: str, build: Callable[[Path], None]) -> Path:
    """Return the folder of a cached tool; if it is not there, let `build` fill one first.

    `build` gets an empty folder, which takes its place only when `build` has returned: what was
    interrupted leaves nothing. One process builds at a time; the others wait and use the result.
    Raises OSError where the cache cannot be written.
    """
    place = slot(tool, version)
    with lock(place.with_suffix(".lock"), f"{tool} {version}"):
        if place.exists():
            if intact(place):
                return place
            say(f"   {place} is not what was installed there: removed, made again")
            remove(place)
        partial = place.parent / f".{place.name}.partial"
        remove(partial)
        partial.mkdir()
        try:
            build(partial)
            (partial / MANIFEST).write_text(json.dumps(digests(partial), indent=1), encoding="utf-8")
            partial.rename(place)
        finally:
            remove(partial)
    return place


def intact(folder: Path) -> bool:
    """Return whether every file is there with the hash it was installed with, and no other file."""
    try:
        recorded = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(recorded) and recorded == digests(folder)


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of each file by its path in the folder, without the manifest's own."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    found = {}
    for path in files:
        with path.open("rb") as file:
            found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


@contextmanager
def lock(path: Path, what: str) -> Iterator[None]:
    """Hold a lock file for as long as the block runs; the system releases it if we die."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"   another set-up is busy with {what}: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, read-only folders too; nothing there is fine."""
    if folder.is_symlink() or not folder.exists():
        folder.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(folder)
    except PermissionError:
        # Go marks the folders of its module cache read-only.
        for path, _, _ in os.walk(folder):
            Path(path).chmod(stat.S_IRWXU)
        shutil.rmtree(folder)
