"""What is looked at: each module's folder, and each unit's plan beside the module it was made from."""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian.errors import CouldNotTell
from meridian.inventory.model import Environment
from meridian.modules import git
from meridian.modules.ledger import Row
from meridian.run.summary import SENTINEL
from meridian.scan import code
from meridian.scan.engine import Job, address

STAYS = {"create", "no-op", "update"}
"""The actions after which there is a resource."""


@dataclass(frozen=True)
class Unit:
    """One unit's saved plan: `name` is `<region>/<unit>`, `plan` Terraform's JSON, `code` its module's blocks.

    `issuers` are those of the environment's own user pools, see `issuers`.
    """

    environment: Environment
    name: str
    plan: Mapping[str, Any]
    path: Path
    code: code.Code
    provisional: bool
    issuers: Sequence[str] | None = None
    repository: str = ""
    """The URL of the repository that the inventory names."""

    @property
    def region(self) -> str:
        """The region it is in."""
        return self.name.partition("/")[0]

    @property
    def module(self) -> str:
        """The module it runs, whose name is also the unit's."""
        return self.name.partition("/")[2]

    @property
    def id(self) -> str:
        """`<environment>/<region>/<unit>`, as in live/."""
        return f"{self.environment.name}/{self.name}"


def modules(root: Path) -> list[code.Code]:
    """Return every module of the working tree; CouldNotTell where there is none."""
    found = [code.read(manifest.parent) for manifest in sorted((root / "modules").glob("*/unit.yaml"))]
    if not found:
        raise CouldNotTell("modules/ has no module with a unit.yaml.", "Nothing was looked at.")
    return found


def module_job(module: code.Code) -> Job:
    """Return the scan of one module's code."""
    return Job(f"modules/{module.folder.name}", "module", module.folder, module.folder, module.resources)


def issuers(plans: Iterable[Mapping[str, Any]]) -> list[str] | None:
    """Return the issuers of the user pools in an environment's plans.

    Empty where its pool does not exist yet; None where no plan has a pool, so that nobody can tell.
    """
    pools = [one for plan in plans for one in resources(plan) if one["type"] == "aws_cognito_user_pool"]
    endpoints = {one["values"].get("endpoint") for one in pools}
    return sorted(f"https://{endpoint}" for endpoint in endpoints if endpoint) if pools else None


def unit_job(unit: Unit) -> Job:
    """Return the scan of one unit's plan, with what the policies may know of its environment."""
    facts: dict[str, Any] = {
        "environment": unit.environment.name,
        "protected": unit.environment.protected,
        "account_id": unit.environment.account_id,
        "region": unit.region,
        "primary_region": unit.environment.primary_region,
        "mock": SENTINEL,
        "repository": "/".join(unit.repository.removesuffix(".git").rstrip("/").split("/")[-2:]),
    }
    if unit.issuers is not None:
        facts["issuers"] = list(unit.issuers)
    planned = frozenset(address(one["address"]) for one in resources(unit.plan))
    return Job(unit.id, "plan", unit.path, unit.code.folder, planned, facts)


def resources(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every managed resource of a plan's planned values, those of child modules too."""
    left = [plan.get("planned_values", {}).get("root_module", {})]
    while left:
        module = left.pop()
        yield from (one for one in module.get("resources", ()) if one.get("mode") == "managed")
        left += module.get("child_modules", ())


def read_plan(path: Path, name: str) -> Mapping[str, Any]:
    """Return a plan in Terraform's JSON; CouldNotTell for a state, a binary plan, a part of one, or an empty one.

    Checkov takes each of these for a plan without resources and is content.
    """
    again = "Plan again."
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CouldNotTell(f"{name}: it has no plan.", again) from error
    except (OSError, ValueError) as error:
        raise CouldNotTell(f"{name}: its plan cannot be read as JSON: {error}", again) from error
    if not isinstance(plan, dict) or not str(plan.get("format_version", "")).startswith("1."):
        raise CouldNotTell(f"{name}: its plan is not Terraform's plan JSON of format 1.", again)
    if "planned_values" not in plan or not isinstance(plan.get("resource_changes"), list):
        kind = "a state" if "values" in plan else "not a whole plan"
        raise CouldNotTell(f"{name}: its plan is {kind}: planned_values or resource_changes is missing.", again)
    if plan.get("errored") or not plan.get("complete", True):
        raise CouldNotTell(f"{name}: its plan ended with an error and is not whole.", again)
    planned = {one.get("address") for one in resources(plan)}
    for change in plan["resource_changes"]:
        stays = STAYS & set(change.get("change", {}).get("actions", ()))
        if change.get("mode") == "managed" and stays and change.get("address") not in planned:
            raise CouldNotTell(f"{name}: its plan changes {change.get('address')} and does not say into what.", again)
    if not plan["resource_changes"]:
        raise CouldNotTell(f"{name}: its plan names no resource at all.", again)
    return plan


def released(root: Path, row: Row, folder: Path) -> Path:
    """Write a released module, as git has it, into `folder` and return where it is."""
    files = git.run(root, "archive", "--format=tar", row.tree)
    target = folder / f"{row.module}-{row.version}" / row.module
    if not target.exists():
        target.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(files)) as archive:
            archive.extractall(target, filter="data")
    return target
