"""The stamp of a finished set-up: lets the next one see within milliseconds that nothing is to do."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from meridian import files
from meridian.toolchain import terraformrc, venv
from meridian.toolchain.uv import LOCKS

NAME = "meridian-setup.json"
INPUTS = ("mise.toml", "pyproject.toml", f"{LOCKS}/go/go.mod", f"{LOCKS}/go/go.sum")
PATTERNS = (f"{LOCKS}/requirements*.txt", f"{LOCKS}/wheels/*.txt", "scripts/meridian/toolchain/*.py")


def key(root: Path) -> str:
    """Return the hash of all files that say what a set-up brings and how."""
    files = [root / name for name in INPUTS]
    for pattern in PATTERNS:
        files += sorted(root.glob(pattern))
    digest = hashlib.sha256(str(root).encode())
    for file in files:
        content = file.read_bytes()
        digest.update(f"\0{file.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def is_current(root: Path, decision: terraformrc.Wanted) -> bool:
    """Return whether the last set-up is still what this one would do, and all of it is still there."""
    folder = root / ".venv"
    try:
        stamp = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(stamp, dict) or stamp.get("key") != key(root) or not venv.usable(folder):
        return False
    if not (folder / "bin/meridian").exists() or not terraformrc.is_current(folder / "tools", decision):
        return False
    return stamp.get("links") == {name: state(folder / "tools" / name) for name in stamp.get("links", {})}


def write(root: Path, links: Mapping[str, Path]) -> None:
    """Say that the set-up is finished; `links` are the tools it linked, by name."""
    folder = root / ".venv"
    content = {"key": key(root), "links": {name: state(folder / "tools" / name) for name in links}}
    files.write(folder / NAME, json.dumps(content, indent=1))


def forget(root: Path) -> None:
    """Remove the stamp before anything changes, so that an interrupted set-up is not taken for a finished one."""
    (root / ".venv" / NAME).unlink(missing_ok=True)


def state(link: Path) -> list[str | int] | None:
    """Return where a link leads, with size and time of the program there; None where it leads nowhere."""
    try:
        found = link.stat()
        return [str(link.readlink()), found.st_size, found.st_mtime_ns]
    except OSError:
        return None
