"""What will exist in a region after an apply: counted in the modules' files, without a call to AWS."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from meridian.inventory.model import Environment
from meridian.modules.library import Library
from meridian.modules.resources import declared_resources
from meridian.yamlfile.problems import join_words


def region_facts(root: Path, environment: Environment, region: str) -> dict[str, Any]:
    """Return the units of a region with their states, resources, roles and keys.

    Raises UserError if a module cannot be read at its version.
    """
    contracts = Library(root).contracts(environment.versions).values()
    found = [(one, declared_resources(root, one)) for one in contracts if environment.places(one, region)]
    resources = [(f"{region}/{contract.module}", one) for contract, own in found for one in own]
    keys = sum(one.type == "aws_kms_key" for _, one in resources)
    return {
        "region": region,
        "state_bucket": environment.state_bucket,
        "units": [
            {
                "unit": f"{region}/{contract.module}",
                "module": contract.title,
                "state_key": f"live/{environment.name}/{region}/{contract.module}/terraform.tfstate",
                "resources": len(own),
                "repeated": [one.address for one in own if one.repeated],
            }
            for contract, own in found
        ],
        "resources": len(resources),
        "roles": [f"{unit}: {one.address}" for unit, one in resources if one.type == "aws_iam_role"],
        "customer_managed_keys": keys,
    }


def format_facts(facts: dict[str, Any]) -> list[str]:
    """Return the facts of a region as lines of text."""
    width = max((len(row["unit"]) for row in facts["units"]), default=0)
    return [
        f"What will exist in {facts['region']}:",
        *(
            f"  {row['unit']:{width}}  {row['module']}, {row['resources']} resources, state {row['state_key']}"
            for row in facts["units"]
        ),
        f"  resources     {facts['resources']} (resource blocks; count and for_each may make several of one, or none)",
        *(f"  counted once  {row['unit']}: {address}" for row in facts["units"] for address in row["repeated"]),
        *(f"  role          {role}" for role in facts["roles"]),
        f"  state bucket  {facts['state_bucket']}",
        f"  keys          {facts['customer_managed_keys']} customer-managed; what a region costs: docs/costs.md",
    ]


def not_checked(account: str, regions: Sequence[str]) -> list[str]:
    """Return one line on what is not known about the regions of an account, then the commands that show it."""
    return [
        f"Not checked: whether account {account} has {join_words(regions)} enabled, services offered there, quotas. "
        "To check:",
        *(f"  aws account get-region-opt-status --region-name {region}" for region in regions),
        *(f"  aws service-quotas list-service-quotas --service-code lambda --region {region}" for region in regions),
    ]
