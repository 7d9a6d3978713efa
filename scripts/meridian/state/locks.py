"""The state locks of an environment, as Terraform writes them beside the states: who holds which unit since when."""

import json
from contextlib import suppress
from dataclasses import dataclass

from meridian.aws import AWS_ERRORS
from meridian.console import say
from meridian.errors import CouldNotTell
from meridian.state.contents import LOCK, STATE, bucket_arguments
from meridian.targets import Target


@dataclass(frozen=True)
class StateLock:
    """One lock object; a field that it lacks is "unknown"."""

    unit: str
    key: str
    id: str
    operation: str
    who: str
    created: str

    def __str__(self) -> str:
        """Return unit and holder in one line."""
        return f"{self.unit}: {self.who} holds it since {self.created} ({self.operation}, ID {self.id})"


def require_unlocked(target: Target) -> None:
    """Raise CouldNotTell, with every holder, if a state of the environment is locked.

    Terraform would wait a minute for each. Locks that cannot be read are left to Terraform, which then says why.
    """
    try:
        locks = read_state_locks(target)
    except AWS_ERRORS as error:
        say(f"   locks not checked: {error}")
        return
    if locks:
        name = target.environment.name
        raise CouldNotTell(
            "\n  ".join([f"{name}: another run works on it, or a killed one left its locks.", *map(str, locks)]),
            f"Wait until it has ended. If it was killed: `meridian recover {target.arguments}`.",
        )


def read_state_locks(target: Target) -> list[StateLock]:
    """Return every lock of the environment, sorted by unit; none if there is no state bucket. Raises as botocore."""
    client, prefix = target.client("s3"), f"live/{target.environment.name}/"
    where = bucket_arguments(target)
    try:
        pages = client.get_paginator("list_objects_v2").paginate(Prefix=prefix, **where)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    except client.exceptions.NoSuchBucket:
        return []
    found: list[StateLock] = []
    for key in (key for key in keys if key.endswith(LOCK)):
        # A missing one was released meanwhile.
        with suppress(client.exceptions.NoSuchKey):
            body = client.get_object(Key=key, **where)["Body"].read()
            found.append(parse_lock(key.removeprefix(prefix).removesuffix(STATE + LOCK), key, body))
    return sorted(found, key=lambda lock: lock.unit)


def parse_lock(unit: str, key: str, body: bytes) -> StateLock:
    """Return what a lock object says about its holder."""
    try:
        read = json.loads(body)
        values = [str(read.get(name) or "unknown") for name in ("ID", "Operation", "Who", "Created")]
    except (AttributeError, ValueError):
        values = ["unknown"] * 4
    return StateLock(unit, key, *values)
