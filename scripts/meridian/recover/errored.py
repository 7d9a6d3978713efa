"""States that Terraform could not upload and left in the folder of their unit."""

from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.plans.terraform import find_folders
from meridian.targets import Target

ERRORED = "errored.tfstate"


def find_errored(target: Target) -> dict[str, Path]:
    """Return the state that Terraform could not upload, by unit: the newest errored.tfstate of its folders."""
    found = {}
    for unit, folders in find_folders(target).items():
        files = [folder / ERRORED for folder in folders if (folder / ERRORED).is_file()]
        if files:
            found[unit] = max(files, key=lambda path: path.stat().st_mtime)
    return found


def require_no_errored(target: Target) -> None:
    """Raise CouldNotTell while a state waits that could not be uploaded: the one in the bucket is not the newest."""
    units = ", ".join(find_errored(target))
    if units:
        raise CouldNotTell(
            f"{units}: a state that could not be uploaded waits in {ERRORED}.",
            f"Push it with `meridian recover {target.arguments}`.",
        )
