"""A target in a temporary folder, and plans as Terraform writes them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meridian.inventory.model import Environment, Region
from meridian.targets import Target

REPOSITORY = "https://github.com/example-org/meridian.git"


@pytest.fixture
def environment() -> Environment:
    """An unprotected environment that runs the working tree in two regions."""
    return Environment(
        name="dev",
        account_id="100000000001",
        primary_region="us-east-1",
        protected=False,
        versions=None,
        settings={},
        regions=(Region("us-east-1", {}), Region("eu-west-1", {})),
        partition="aws",
        prefix="greeter-dev",
    )


@pytest.fixture
def target(tmp_path: Path, environment: Environment) -> Target:
    """A local target whose rendered tree and modules are small files of no meaning."""
    (tmp_path / "terragrunt.hcl").write_text("# root\n")
    (tmp_path / "live/dev/us-east-1/identity").mkdir(parents=True)
    (tmp_path / "live/dev/us-east-1/identity/terragrunt.hcl").write_text("# unit\n")
    (tmp_path / "modules/identity").mkdir(parents=True)
    (tmp_path / "modules/identity/main.tf").write_text("# module\n")
    return Target("local", tmp_path, environment, REPOSITORY, "http://127.0.0.1:4566")


@pytest.fixture
def plan_json() -> Callable[..., dict[str, Any]]:
    """Make a plan in Terraform's JSON form from (actions, address) pairs and variables."""

    def make(*changes: tuple[list[str], str], variables: dict[str, Any] | None = None) -> dict[str, Any]:
        return {
            "format_version": "1.2",
            "variables": {name: {"value": value} for name, value in (variables or {}).items()},
            "planned_values": {
                "root_module": {"resources": [{"address": address, "mode": "managed"} for _, address in changes]}
            },
            "resource_changes": [
                {"address": address, "mode": "managed", "change": {"actions": actions}} for actions, address in changes
            ],
            "output_changes": {},
            "applyable": True,
            "complete": True,
            "errored": False,
        }

    return make


@pytest.fixture
def save_plan() -> Callable[[Path, str, dict[str, Any]], None]:
    """Write a unit's saved plan as Terragrunt lays it out."""

    def save(folder: Path, unit: str, plan: dict[str, Any]) -> None:
        (folder / unit).mkdir(parents=True)
        (folder / unit / "tfplan.tfplan").write_bytes(b"binary")
        (folder / unit / "tfplan.json").write_text(json.dumps(plan))

    return save
