"""What a local AWS held when it started: it goes back to that if it is killed before it can save."""

import shutil
from pathlib import Path

from meridian.errors import OperationFailed

HELD = ("state", "s3")
SAVED = "at-start"


def take(folder: Path) -> None:
    """Copy what the stopped local AWS in `folder` holds; the copy appears whole or not at all.

    MiniStack writes S3's objects at once and all else at its end. After a kill, Terraform's states
    would be newer than what they tell of, and no apply could go on from there.
    """
    whole, partial = folder / SAVED, folder / f"{SAVED}.new"
    _copy(folder, partial)
    shutil.rmtree(whole, ignore_errors=True)
    partial.rename(whole)


def go_back(folder: Path) -> None:
    """Put back what `take` copied last; nothing is changed where there is no copy."""
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
                _, copy, why = error.args[0][0]
                raise OperationFailed(f"{copy}: {why}.", f"Make room for what lies in {source / name}.") from error
