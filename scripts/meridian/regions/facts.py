"""What will exist in a region once it is applied: counted in the modules' files, nothing is asked of AWS."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian.inventory.model import Environment
from meridian.inventory.problems import listed
from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.modules.resources import Resource, declared

COUNTED = "resource blocks in the module's files; those with count or for_each may make several, or none"
# AWS KMS pricing: 1 USD a month for a customer-managed key; the other resources of an idle region cost nothing but
# stored bytes. README, "What it costs when idle".
USD_PER_KEY = 1


@dataclass(frozen=True)
class Unit:
    """One unit that will be: `eu-west-1/data`, its module at its version, its state's key, its resources."""

    name: str
    module: str
    state_key: str
    resources: Sequence[Resource]

    @property
    def roles(self) -> list[str]:
        """The IAM roles of it, as Terraform names them."""
        return [f"{self.name}: {one.address}" for one in self.resources if one.type == "aws_iam_role"]

    def row(self) -> dict[str, Any]:
        """Return what a report says of the unit."""
        repeated = [one.address for one in self.resources if one.repeated]
        return {
            "unit": self.name,
            "module": self.module,
            "state_key": self.state_key,
            "resources": len(self.resources),
            "repeated": repeated,
        }


def placed(environment: Environment, region: str, contracts: Iterable[Contract]) -> list[Contract]:
    """Return the modules that an environment places in a region."""
    primary = region == environment.primary_region
    return [one for one in contracts if primary or one.placement == "every_region"]


def units(root: Path, environment: Environment, region: str) -> list[Unit]:
    """Return the units that an environment has in a region, by name.

    Raises UserError if a module cannot be read at its version.
    """
    contracts = Library(root).contracts(environment.versions).values()
    return [
        Unit(
            name=f"{region}/{contract.module}",
            module=contract.title,
            state_key=f"live/{environment.name}/{region}/{contract.module}/terraform.tfstate",
            resources=declared(root, contract),
        )
        for contract in placed(environment, region, contracts)
    ]


def report(environment: Environment, region: str, found: Sequence[Unit]) -> dict[str, Any]:
    """Return what a person should know before units are applied in a region."""
    resources = [one for unit in found for one in unit.resources]
    keys = sum(1 for one in resources if one.type == "aws_kms_key")
    return {
        "region": region,
        "state_bucket": environment.state_bucket,
        "units": [unit.row() for unit in found],
        "resources": len(resources),
        "resources_counted": COUNTED,
        "roles": [role for unit in found for role in unit.roles],
        "customer_managed_keys": keys,
        "idle_usd_a_month": keys * USD_PER_KEY,
    }


def lines(facts: dict[str, Any]) -> list[str]:
    """Return a report's facts as lines for a person."""
    width = max((len(row["unit"]) for row in facts["units"]), default=0)
    text = [f"What will exist in {facts['region']}:"]
    text += [
        f"  {row['unit']:{width}}  {row['module']}, {row['resources']} resources, state {row['state_key']}"
        for row in facts["units"]
    ]
    repeated = [f"{row['unit']}: {address}" for row in facts["units"] for address in row["repeated"]]
    text.append(f"  resources     {facts['resources']} ({facts['resources_counted']})")
    text += [f"  counted once  {address}" for address in repeated]
    text += [f"  role          {role}" for role in facts["roles"]]
    keys = facts["customer_managed_keys"]
    text.append(f"  state bucket  {facts['state_bucket']}")
    text.append(f"  idle cost     about {facts['idle_usd_a_month']} USD a month, {keys} customer-managed key(s)")
    return text


def not_checked(account: str, regions: Sequence[str]) -> list[str]:
    """Return one line on what is not known about the regions of an account, then the commands that show it."""
    return [
        f"Not checked: whether account {account} has {listed(regions)} enabled, the services there, and quotas. See:",
        *(f"  aws account get-region-opt-status --region-name {region}" for region in regions),
        *(f"  aws service-quotas list-service-quotas --service-code lambda --region {region}" for region in regions),
    ]
