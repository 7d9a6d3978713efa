"""Which units of a region still hold resources: read from the state bucket, so units without files count too."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from meridian.errors import CouldNotTell
from meridian.targets import Target

STATE = "/terraform.tfstate"
LOCK = ".tflock"
# The only format that Terraform has written since 0.12.
VERSION = 4


@dataclass(frozen=True)
class Remaining:
    """A unit whose state still holds resources, by their addresses."""

    unit: str
    addresses: tuple[str, ...]


def remaining_units(target: Target, region: str) -> list[Remaining]:
    """Return the units of a region whose states hold resources; none if the region is empty.

    Raises CouldNotTell if the bucket cannot be read, a lock is held, or an object is not a state.
    """
    environment = target.environment
    prefix = f"live/{environment.name}/{region}/"
    client = target.client("s3")
    where = {"Bucket": environment.state_bucket, "ExpectedBucketOwner": environment.account_id}
    try:
        pages = client.get_paginator("list_objects_v2").paginate(Prefix=prefix, **where)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        _require_states(environment.state_bucket, keys)
        bodies = {key: client.get_object(Key=key, **where)["Body"].read() for key in keys}
    except (ClientError, BotoCoreError) as error:
        raise CouldNotTell(f"The state of {region} in {environment.state_bucket} cannot be read: {error}.") from error
    found = [Remaining(key[len(f"live/{environment.name}/") : -len(STATE)], _managed(key, bodies[key])) for key in keys]
    return [unit for unit in found if unit.addresses]


def _require_states(bucket: str, keys: list[str]) -> None:
    for key in keys:
        if key.endswith(LOCK):
            raise CouldNotTell(f"{bucket}/{key}: another run holds this lock, or a killed run left it.")
        if not key.endswith(STATE):
            raise CouldNotTell(f"{bucket}/{key} is not a Terraform state or its lock.")


def _managed(key: str, body: bytes) -> tuple[str, ...]:
    """Return the addresses of managed resources with instances; data sources do not count."""
    try:
        state: Any = json.loads(body)
        if state["version"] != VERSION:
            raise ValueError("another version")
        return tuple(_address(one) for one in state["resources"] if one["mode"] == "managed" and one["instances"])
    except (ValueError, KeyError, TypeError) as error:
        raise CouldNotTell(f"{key} in the state bucket is not a Terraform state of version {VERSION}.") from error


def _address(resource: dict[str, Any]) -> str:
    module = f"{resource['module']}." if resource.get("module") else ""
    return f"{module}{resource['type']}.{resource['name']}"
