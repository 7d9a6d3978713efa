"""The states of an environment as they are in the state bucket, so units without files count too."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from meridian.aws import AWS_ERRORS
from meridian.errors import CouldNotTell
from meridian.targets import Target

STATE = "/terraform.tfstate"
LOCK = ".tflock"
RECORD = "/fingerprint.json"
"""What the last successful apply of a unit was made from; `records.py` reads and writes it."""
# The only format that Terraform has written since 0.12.
VERSION = 4
ERRORED = "/errored.tfstate"
"""A unit's state that Terraform could not upload; `recover` pushes it."""
AT_ONCE = 10
"""Requests at a time: as many as a client of botocore keeps connections."""


@dataclass(frozen=True)
class Remaining:
    """A unit whose state still holds resources, by their addresses."""

    unit: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class StateObject:
    """A unit's state; `document` is None and `problem` says why if Terraform cannot read it."""

    unit: str
    key: str
    document: Mapping[str, Any] | None
    problem: str = ""
    version_id: str = ""

    @property
    def resources(self) -> Iterator[Mapping[str, Any]]:
        """Every managed resource of the state."""
        yield from (one for one in (self.document or {}).get("resources", ()) if one["mode"] == "managed")

    @property
    def attributes(self) -> Iterator[Mapping[str, Any]]:
        """The attributes of every instance of a managed resource."""
        yield from (one.get("attributes") or {} for resource in self.resources for one in resource["instances"])


@dataclass(frozen=True)
class GoodVersion:
    """A former version of a state that Terraform can read."""

    version_id: str
    written: datetime
    serial: int
    resources: int


def object_key(target: Target, unit: str, name: str) -> str:
    """Return the key of one of a unit's objects in the state bucket: STATE, RECORD or ERRORED."""
    return f"live/{target.environment.name}/{unit}{name}"


def bucket_arguments(target: Target) -> dict[str, str]:
    """Return the arguments of a call of S3 that name the state bucket and the account that must own it."""
    return {"Bucket": target.environment.state_bucket, "ExpectedBucketOwner": target.environment.account_id}


def read_states(target: Target) -> list[StateObject]:
    """Return every state of the environment, also deleted and unreadable ones, sorted by unit.

    Raises CouldNotTell if the bucket cannot be read.
    """
    environment, client = target.environment, target.client("s3")
    prefix, where = f"live/{environment.name}/", bucket_arguments(target)
    try:
        pages = list(client.get_paginator("list_object_versions").paginate(Prefix=prefix, **where))
        newest = {
            entry["Key"]: deleted
            for page in pages
            for part, deleted in (("Versions", False), ("DeleteMarkers", True))
            for entry in page.get(part, [])
            if entry["IsLatest"] and entry["Key"].endswith(STATE)
        }
        answers = {key: {} if deleted else client.get_object(Key=key, **where) for key, deleted in newest.items()}
        bodies = {key: answer["Body"].read() if answer else None for key, answer in answers.items()}
    except AWS_ERRORS as error:
        raise CouldNotTell(f"The states in {environment.state_bucket} cannot be read: {error}.") from error
    return [
        replace(_object(key[len(prefix) : -len(STATE)], key, bodies[key]), version_id=real_version(answers[key]))
        for key in sorted(bodies)
    ]


def real_version(answer: Mapping[str, Any]) -> str:
    """Return the version that S3 names in an answer; empty in a bucket without versions, where it proves nothing."""
    version = str(answer.get("VersionId") or "")
    return "" if version == "null" else version


def find_good_version(target: Target, state: StateObject) -> GoodVersion | None:
    """Return the newest version of a state in the bucket that Terraform can read; raises CouldNotTell."""
    for one, document in _versions(target, state):
        if document is not None:
            count = len(document["resources"])
            return GoodVersion(one["VersionId"], one["LastModified"], int(document["serial"]), count)
    return None


def has_version(target: Target, state: StateObject, document: Mapping[str, Any]) -> bool:
    """Return whether a state once was this document; raises CouldNotTell."""
    return any(found == document for _, found in _versions(target, state))


def _versions(target: Target, state: StateObject) -> Iterator[tuple[Any, Mapping[str, Any] | None]]:
    """Yield the versions of a state in the bucket, the newest first, with what Terraform can read of each."""
    client, where = target.client("s3"), bucket_arguments(target)
    try:
        pages = client.get_paginator("list_object_versions").paginate(Prefix=state.key, **where)
        versions = [one for page in pages for one in page.get("Versions", []) if one["Key"] == state.key]
        for one in sorted(versions, key=lambda entry: entry["LastModified"], reverse=True):
            body = client.get_object(Key=state.key, VersionId=one["VersionId"], **where)["Body"].read()
            yield one, _object(state.unit, state.key, body).document
    except AWS_ERRORS as error:
        raise CouldNotTell(f"The versions of {state.key} cannot be read: {error}.") from error


def restore_version(target: Target, state: StateObject, version: GoodVersion) -> None:
    """Make a former version of a state the newest one; the broken one stays in the bucket's history."""
    client, where = target.client("s3"), bucket_arguments(target)
    body = client.get_object(Key=state.key, VersionId=version.version_id, **where)["Body"].read()
    client.put_object(Key=state.key, Body=body, ContentType="application/json", **where)


def _object(unit: str, key: str, body: bytes | None) -> StateObject:
    if not body:
        return StateObject(unit, key, None, "was deleted" if body is None else "is empty")
    try:
        document = json.loads(body)
    except ValueError:
        return StateObject(unit, key, None, "is cut off or not JSON")
    try:
        _addresses(document)
        int(document["serial"])
    except (LookupError, TypeError, ValueError):
        return StateObject(unit, key, None, f"is not a Terraform state of version {VERSION}")
    return StateObject(unit, key, document)


def remaining_units(target: Target, folder: str) -> list[Remaining]:
    """Return the units of a region, or the one `<region>/<unit>`, whose states hold resources; none if all are empty.

    Raises CouldNotTell if the bucket cannot be read, a lock is held, or an object is not a state.
    """
    environment = target.environment
    prefix = f"live/{environment.name}/{folder}/"
    client = target.client("s3")
    where = bucket_arguments(target)
    try:
        pages = client.get_paginator("list_objects_v2").paginate(Prefix=prefix, **where)
        found = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        keys = [key for key in found if not key.endswith(RECORD)]
        _require_states(environment.state_bucket, keys)
        bodies = {key: client.get_object(Key=key, **where)["Body"].read() for key in keys}
    except AWS_ERRORS as error:
        raise CouldNotTell(f"The state of {folder} in {environment.state_bucket} cannot be read: {error}.") from error
    units = [
        Remaining(key[len(f"live/{environment.name}/") : -len(STATE)], find_managed(key, bodies[key])) for key in keys
    ]
    return [unit for unit in units if unit.addresses]


def _require_states(bucket: str, keys: list[str]) -> None:
    for key in keys:
        if key.endswith(LOCK):
            raise CouldNotTell(f"{bucket}/{key}: another run holds this lock, or a killed run left it.")
        if key.endswith(ERRORED):
            raise CouldNotTell(f"{bucket}/{key}: a state that could not be uploaded: push it with `meridian recover`.")
        if not key.endswith(STATE):
            raise CouldNotTell(f"{bucket}/{key} is not a Terraform state or its lock.")


def find_managed(key: str, body: bytes) -> tuple[str, ...]:
    """Return the addresses of a state's managed resources that exist; data sources do not count.

    Raises CouldNotTell if it is not a state.
    """
    try:
        return _addresses(json.loads(body))
    except (ValueError, KeyError, TypeError) as error:
        raise CouldNotTell(f"{key} in the state bucket is not a Terraform state of version {VERSION}.") from error


def _addresses(state: Any) -> tuple[str, ...]:
    if state["version"] != VERSION:
        raise ValueError("another version")
    return tuple(_address(one) for one in state["resources"] if one["mode"] == "managed" and one["instances"])


def _address(resource: dict[str, Any]) -> str:
    module = f"{resource['module']}." if resource.get("module") else ""
    return f"{module}{resource['type']}.{resource['name']}"
