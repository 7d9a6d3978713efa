"""The only module that starts Terraform or OpenTofu itself, in the folders in which Terragrunt has worked on a unit."""

import json
import subprocess
from pathlib import Path

from meridian import tools
from meridian.errors import CouldNotTell, OperationFailed
from meridian.plans.terragrunt import first_lines
from meridian.state.contents import STATE
from meridian.targets import Target

# A module of the working tree is copied alone, a released one with its repository.
FOLDERS = ("*/*/*", "*/*/modules/*")


def show_plan(target: Target, unit: str, plan: Path, *options: str) -> bytes:
    """Return what `terraform show` or `tofu show` prints of a unit's saved plan, e.g. with `-json`.

    It runs where Terragrunt made the plan, so that the provider is there. Raises CouldNotTell if it fails.
    """
    result = _run(target, require_folder(target, unit), "show", "-no-color", *options, str(plan))
    if result.returncode:
        raise CouldNotTell(
            f"{target.environment.name}/{unit}: {target.engine.title} cannot read its plan: {_reason(result.stderr)}",
            f"Run `meridian plan {target.arguments}`.",
        )
    return result.stdout


def run_terraform(target: Target, unit: str, folder: Path, *arguments: str) -> str:
    """Run Terraform in a unit's folder and return what it prints; OperationFailed with its error."""
    done = _run(target, folder, *arguments)
    if done.returncode:
        words = " ".join(arguments[:2])
        raise OperationFailed(f"{unit}: {target.engine.program} {words}: {_reason(done.stderr or done.stdout)}")
    return done.stdout.decode(errors="replace")


def read_version(target: Target) -> str:
    """Return the engine with its version, e.g. `terraform 1.11.4`; CouldNotTell if it does not say it."""
    result = _run(target, target.root, "version", "-json")
    try:
        return f"{target.engine.program} {json.loads(result.stdout)['terraform_version']}"
    except (ValueError, LookupError, TypeError) as error:
        raise CouldNotTell(
            f"{target.engine.title} does not say its version: {_reason(result.stderr)}", "Run `meridian doctor`."
        ) from error


def require_folder(target: Target, unit: str) -> Path:
    """Return the folder in which Terragrunt last worked on a unit; CouldNotTell if there is none."""
    folder = find_folder(target, unit)
    if folder is None:
        raise CouldNotTell(
            f"{target.environment.name}/{unit}: the folder in which it was planned is gone from {target.work_dir}.",
            f"Run `meridian plan {target.arguments}`.",
        )
    return folder


def find_folder(target: Target, unit: str) -> Path | None:
    """Return the folder in which Terragrunt last worked on a unit, or None."""
    return next(iter(find_folders(target).get(unit, ())), None)


def find_folders(target: Target) -> dict[str, list[Path]]:
    """Return the folders in which Terragrunt has worked on each unit, the last used first, sorted by unit.

    Terragrunt names folders by hashes; the state's key that `terraform init` recorded in one names its unit.
    """
    prefix = f"live/{target.environment.name}/"
    found: dict[str, list[Path]] = {}
    for pattern in FOLDERS:
        for init in target.download_dir.glob(f"{pattern}/.terraform/terraform.tfstate"):
            key = _key(init)
            if key.startswith(prefix) and key.endswith(STATE):
                found.setdefault(key[len(prefix) : -len(STATE)], []).append(init.parents[1])
    return {unit: sorted(found[unit], key=_last_used, reverse=True) for unit in sorted(found)}


def _run(target: Target, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [str(tools.path(target.engine.program)), *arguments],
        cwd=folder,
        env=target.environ() | {"TF_IN_AUTOMATION": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def _reason(output: bytes) -> str:
    return "; ".join(first_lines([output.decode(errors="replace")]))


def _key(init: Path) -> str:
    """Return the state's key that `terraform init` recorded; empty if there is none."""
    try:
        return str(json.loads(init.read_text(encoding="utf-8"))["backend"]["config"]["key"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _last_used(folder: Path) -> float:
    """Return when Terragrunt last worked in a folder: it writes backend.tf each time."""
    try:
        return (folder / "backend.tf").stat().st_mtime
    except OSError:
        return 0.0
