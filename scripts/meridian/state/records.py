"""What the last successful apply of a unit was made from: a small object beside the unit's state."""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from meridian.console import say
from meridian.errors import CouldNotTell
from meridian.state.contents import AT_ONCE, RECORD, STATE, bucket_arguments, real_version
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
            body = client.get_object(Key=_key(target, unit, RECORD), **bucket_arguments(target))["Body"].read()
            document = json.loads(body)
            return Record(**document) if document.pop("format") == FORMAT else None
        except (AttributeError, BotoCoreError, ClientError, LookupError, TypeError, ValueError):
            return None

    return {unit: record for unit, record in _for_each(units, read).items() if record}


def drop_records(target: Target, units: Iterable[str]) -> None:
    """Remove the records of units whose states are about to change; CouldNotTell if one may have stayed.

    Without a bucket there are none; Terraform then says what is missing.
    """
    client = target.client("s3")

    def drop(unit: str) -> None:
        client.delete_object(Key=_key(target, unit, RECORD), **bucket_arguments(target))

    try:
        _for_each(units, drop)
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "NoSuchBucket":
            return
        raise CouldNotTell(
            f"{target.environment.name}: the record of an earlier apply cannot be removed: {error}",
            f"Nothing was changed. Allow s3:DeleteObject on live/*{RECORD} in {target.environment.state_bucket}.",
        ) from error


def write_records(target: Target, records: Mapping[str, Record]) -> None:
    """Write the records of units whose former ones were dropped; one that fails is printed and counts as missing.

    A record that is there again is of another run, which worked on the unit at the same time. Which of the two ended
    last is not known, so that none of them may stay.
    """
    client = target.client("s3")

    def write(unit: str) -> None:
        where = {"Key": _key(target, unit, RECORD), **bucket_arguments(target)}
        body = json.dumps({"format": FORMAT, **asdict(records[unit])}).encode()
        try:
            client.put_object(Body=body, ContentType="application/json", IfNoneMatch="*", **where)
        except (BotoCoreError, ClientError) as error:
            say(f"   {unit}: `--changed` will plan it again; its record was not written: {error}")
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == "PreconditionFailed":
                with suppress(BotoCoreError, ClientError):
                    client.delete_object(**where)

    _for_each(records, write)


def read_state_version(target: Target, client: Any, unit: str) -> str:
    """Return the version of a unit's state in the bucket; empty if there is none, or if it cannot be read."""
    try:
        answer = client.head_object(Key=_key(target, unit, STATE), **bucket_arguments(target))
    except (BotoCoreError, ClientError):
        return ""
    return real_version(answer)


def read_state_versions(target: Target, units: Iterable[str]) -> dict[str, str]:
    """Return the versions of the states of units, as `read_state_version` does."""
    client = target.client("s3")
    return _for_each(units, lambda unit: read_state_version(target, client, unit))


def _key(target: Target, unit: str, name: str) -> str:
    return f"live/{target.environment.name}/{unit}{name}"


def _for_each(units: Iterable[str], work: Callable[[str], Any]) -> dict[str, Any]:
    names = list(units)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(names, pool.map(work, names), strict=True))
