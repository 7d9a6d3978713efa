"""What the state says is left in a region: read from the bucket, so that units that are not rendered count too."""

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
class Left:
    """A unit whose state still holds resources, by their addresses."""

    unit: str
    addresses: tuple[str, ...]


def left(target: Target, region: str) -> list[Left]:
    """Return the units of a region whose state objects hold resources; none if there is nothing any more.

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
        raise _could_not(f"The state of {region} in {environment.state_bucket} cannot be read: {error}.") from error
    found = [Left(key[len(f"live/{environment.name}/") : -len(STATE)], _managed(key, bodies[key])) for key in keys]
    return [unit for unit in found if unit.addresses]


def _require_states(bucket: str, keys: list[str]) -> None:
    for key in keys:
        if key.endswith(LOCK):
            raise _could_not(f"{bucket}/{key}: another run holds this lock, or one was killed.")
        if not key.endswith(STATE):
            raise _could_not(f"{bucket}/{key} is no state; nobody here knows what it stands for.")


def _managed(key: str, body: bytes) -> tuple[str, ...]:
    """Return the addresses of managed resources with instances; data sources are no trace of anything."""
    try:
        state: Any = json.loads(body)
        if state["version"] != VERSION:
            raise ValueError("another version")
        return tuple(_address(one) for one in state["resources"] if one["mode"] == "managed" and one["instances"])
    except (ValueError, KeyError, TypeError) as error:
        raise _could_not(f"{key} in the state bucket is not a Terraform state of version {VERSION}.") from error


def _address(resource: dict[str, Any]) -> str:
    module = f"{resource['module']}." if resource.get("module") else ""
    return f"{module}{resource['type']}.{resource['name']}"


def _could_not(message: str) -> CouldNotTell:
    return CouldNotTell(
        message,
        "Nothing was changed. If you know that nothing is left, say --without-state-check.",
    )
