"""What the last successful apply of a unit was made from: a small object beside the unit's state."""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from meridian.aws import AWS_ERRORS, error_code
from meridian.console import say
from meridian.errors import CouldNotTell
from meridian.state.contents import AT_ONCE, RECORD, STATE, bucket_arguments, object_key, real_version
from meridian.targets import Target

FORMAT = 1


@dataclass(frozen=True)
class Record:
    """The fingerprint of all that went in, the engine with its version, and the version of the state that came out."""

    fingerprint: str
    engine: str
    state: str


def read_records(target: Target, units: Iterable[str]) -> dict[str, Record]:
    """Return the records of units; one that is missing or cannot be read is left out."""
    client = target.client("s3")

    def read(unit: str) -> Record | None:
        try:
            body = client.get_object(Key=object_key(target, unit, RECORD), **bucket_arguments(target))["Body"].read()
            document = json.loads(body)
            return Record(**document) if document.pop("format") == FORMAT else None
        except (*AWS_ERRORS, AttributeError, LookupError, TypeError, ValueError):
            return None

    return {unit: record for unit, record in _for_each(units, read).items() if record}


def drop_records(target: Target, units: Iterable[str]) -> dict[str, str]:
    """Replace the records of units whose states are about to change by empty ones; return the tags of these.

    Each has a tag of its own, so that `write_records` sees whether another run has written one since. Nothing is
    deleted, because a role that may write states may not delete them. Raises CouldNotTell if a record may have stayed.
    Without a bucket there is none; Terraform then says what is missing.
    """
    client = target.client("s3")
    try:
        return _for_each(units, lambda unit: _put(client, target, unit, {"format": FORMAT, "run": str(uuid4())}))
    except AWS_ERRORS as error:
        if error_code(error) == "NoSuchBucket":
            return {}
        raise CouldNotTell(
            f"{target.environment.name}: the record of an earlier apply cannot be dropped: {error}",
            f"Nothing was changed. Allow s3:PutObject on live/*{RECORD} in {target.environment.state_bucket}.",
        ) from error


def write_records(target: Target, records: Mapping[str, Record], dropped: Mapping[str, str]) -> None:
    """Write the records of units in place of those that this run dropped; one that fails is printed, and is none.

    If another run has dropped or written one since, both worked on the unit at the same time. Which of them ended
    last is not known, so the record becomes an empty one.
    """
    client = target.client("s3")

    def write(unit: str) -> None:
        body = {"format": FORMAT, **asdict(records[unit])}
        try:
            _put(client, target, unit, body, IfMatch=dropped[unit])
        except AWS_ERRORS as error:
            say(f"   {unit}: `--changed` will plan it again; its record was not written: {error}")
            if error_code(error) in {"PreconditionFailed", "NoSuchKey"}:
                with suppress(CouldNotTell):
                    drop_records(target, [unit])

    _for_each([unit for unit in records if unit in dropped], write)


def _put(client: Any, target: Target, unit: str, body: Mapping[str, object], **condition: str) -> str:
    answer = client.put_object(
        Key=object_key(target, unit, RECORD),
        Body=json.dumps(body).encode(),
        ContentType="application/json",
        **condition,
        **bucket_arguments(target),
    )
    return str(answer["ETag"])


def read_state_version(target: Target, client: Any, unit: str) -> str:
    """Return the version of a unit's state in the bucket; empty if there is none, or if it cannot be read."""
    try:
        answer = client.head_object(Key=object_key(target, unit, STATE), **bucket_arguments(target))
    except AWS_ERRORS:
        return ""
    return real_version(answer)


def read_state_versions(target: Target, units: Iterable[str]) -> dict[str, str]:
    """Return the versions of the states of units, as `read_state_version` does."""
    client = target.client("s3")
    return _for_each(units, lambda unit: read_state_version(target, client, unit))


def _for_each(units: Iterable[str], work: Callable[[str], Any]) -> dict[str, Any]:
    names = list(units)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(names, pool.map(work, names), strict=True))
