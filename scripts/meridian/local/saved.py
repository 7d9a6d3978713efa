"""The state of a local AWS at its start, restored if it is killed before it can save."""

import shutil
from pathlib import Path

from meridian.errors import OperationFailed

HELD = ("state", "s3")
SAVED = "at-start"


def copy_state(folder: Path) -> None:
    """Copy the state of the stopped local AWS in `folder`; the copy appears whole or not at all.

    MiniStack writes S3's objects at once and all else at its end. After a kill, Terraform's states
    would be newer than the resources in them, and every apply would fail.
    """
    whole, partial = folder / SAVED, folder / f"{SAVED}.new"
    _copy(folder, partial)
    shutil.rmtree(whole, ignore_errors=True)
    partial.rename(whole)


def restore_state(folder: Path) -> None:
    """Restore the last copy; without one, change nothing."""
    if (folder / SAVED).is_dir():
        _copy(folder / SAVED, folder)


def _copy(source: Path, to: Path) -> None:
    to.mkdir(mode=0o700, exist_ok=True)
    for name in HELD:
        shutil.rmtree(to / name, ignore_errors=True)
        if (source / name).is_dir():
            try:
                shutil.copytree(source / name, to / name)
            except shutil.Error as error:
                raise OperationFailed(f"{source / name} cannot be copied: {error}", "Make room for a copy.") from error
