"""The folders of a run: the repository, its reports, the user's cache and state."""

import hashlib
import os
from pathlib import Path

from meridian.errors import UserError

INVENTORY = Path("live/inventory.yaml")
PROVIDER = "hashicorp/aws"
PROVIDER_LOCK = ".terraform.lock.hcl"
"""The provider's lock file, one in each live/<env>/."""


def repository_root(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds live/inventory.yaml.

    Raises UserError if there is none.
    """
    begin = start.resolve()
    for folder in (begin, *begin.parents):
        if (folder / INVENTORY).is_file():
            return folder
    raise UserError(
        f"{start}: no {INVENTORY} here or in any folder above.",
        "Run this inside the repository, or add --root DIR.",
    )


def out_dir(root: Path) -> Path:
    """Return the folder of reports and plans, made private to the user (0700).

    Raises UserError if it is a link or not a folder.
    """
    folder = root / "out"
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError("out is a link or not a folder.", "Move it away: reports need a folder there.")
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    return folder


def cache_dir() -> Path:
    """Return the user's cache folder: tools by version, shared by all checkouts."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def state_dir(root: Path, environment: str) -> Path:
    """Return the folder of one checkout's local AWS for one environment."""
    digest = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    return _xdg("XDG_STATE_HOME", ".local/state") / "local-aws" / f"{digest}-{environment}"


def _xdg(variable: str, fallback: str) -> Path:
    # The XDG base directory specification says to ignore a value that is not absolute.
    value = os.environ.get(variable, "")
    base = Path(value) if value.startswith("/") else Path.home() / fallback
    return base / "meridian"
