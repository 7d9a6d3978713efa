"""The download folders of an environment's units, where Terraform ran last, and Terraform in one of them."""

import re
import subprocess
from pathlib import Path

from meridian import tools
from meridian.errors import CouldNotTell, OperationFailed
from meridian.plans.terragrunt import first_lines
from meridian.targets import Target

KEY = re.compile(r'^\s*key\s*=\s*"live/([^/"]+)/([^"]+)/terraform\.tfstate"', re.MULTILINE)
ERRORED = "errored.tfstate"


def find_folders(target: Target) -> dict[str, list[Path]]:
    """Return the download folders of each unit, newest first; each holds the backend.tf that Terragrunt wrote."""
    found: dict[str, list[tuple[float, Path]]] = {}
    for backend in (target.work_dir / "cache").glob("*/*/**/backend.tf"):
        match = KEY.search(backend.read_text(encoding="utf-8"))
        if match and match[1] == target.environment.name:
            found.setdefault(match[2], []).append((backend.stat().st_mtime, backend.parent))
    return {unit: [folder for _, folder in sorted(folders, reverse=True)] for unit, folders in sorted(found.items())}


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


def run_terraform(target: Target, unit: str, folder: Path, *arguments: str) -> str:
    """Run Terraform in a unit's download folder and return what it prints; OperationFailed with its error."""
    done = subprocess.run(
        [str(tools.path("terraform")), *arguments],
        cwd=folder,
        env=target.environ() | {"TF_IN_AUTOMATION": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        words = " ".join(arguments[:2])
        raise OperationFailed(f"{unit}: terraform {words}: {'; '.join(first_lines([done.stderr or done.stdout]))}")
    return done.stdout


def newest_folder(target: Target, unit: str) -> Path:
    """Return the folder in which Terraform ran last for a unit; CouldNotTell if it never did."""
    folders = find_folders(target).get(unit)
    if not folders:
        raise CouldNotTell(f"{unit}: Terraform never ran here.", f"Run `meridian plan {target.arguments}`.")
    return folders[0]
