"""The only module that starts Terraform itself: it prints saved plans."""

import json
import subprocess
from pathlib import Path

from meridian import tools
from meridian.errors import CouldNotTell
from meridian.plans.terragrunt import first_lines
from meridian.state.contents import STATE
from meridian.targets import Target


def show_plan(target: Target, unit: str, plan: Path, *options: str) -> bytes:
    """Return what `terraform show` prints of a unit's saved plan, e.g. with `-json`.

    It runs where Terragrunt made the plan, so that the provider is there. Raises CouldNotTell if it fails.
    """
    name = f"{target.environment.name}/{unit}"
    again = f"Run `meridian plan {target.arguments}`."
    folder = find_folder(target, unit)
    if folder is None:
        raise CouldNotTell(f"{name}: the folder in which it was planned is gone from {target.work_dir}.", again)
    result = subprocess.run(
        [str(tools.path("terraform")), "show", "-no-color", *options, str(plan)],
        cwd=folder,
        env=target.environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if result.returncode:
        reason = "; ".join(first_lines([result.stderr.decode(errors="replace")]))
        raise CouldNotTell(f"{name}: Terraform cannot read its plan: {reason}", again)
    return result.stdout


def find_folder(target: Target, unit: str) -> Path | None:
    """Return the folder in which Terragrunt last worked on a unit, or None.

    Terragrunt names folders by hashes; the state's key in a folder says which unit it belongs to.
    """
    module = unit.partition("/")[2]
    key = f"live/{target.environment.name}/{unit}{STATE}"
    inits = [
        file
        # A module of the working tree is copied alone, a released one with its repository.
        for pattern in (f"*/*/{module}", f"*/*/modules/{module}")
        for file in (target.work_dir / "cache").glob(f"{pattern}/.terraform/terraform.tfstate")
        if _key(file) == key
    ]
    return max((file.parents[1] for file in inits), key=_last_used, default=None)


def _key(init: Path) -> object:
    """Return the state's key that `terraform init` recorded; None if there is none."""
    try:
        return json.loads(init.read_text(encoding="utf-8"))["backend"]["config"]["key"]
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _last_used(folder: Path) -> float:
    """Return when Terragrunt last worked in a folder: it writes backend.tf each time."""
    try:
        return (folder / "backend.tf").stat().st_mtime
    except OSError:
        return 0.0
