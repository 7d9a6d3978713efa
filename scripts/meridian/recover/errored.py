"""States that Terraform could not upload: it leaves them in the folder of their unit, `apply` moves them on."""

from dataclasses import dataclass
from pathlib import Path

from meridian import files
from meridian.aws import AWS_ERRORS
from meridian.console import say
from meridian.errors import CouldNotTell, OperationFailed
from meridian.plans.terraform import find_folders, require_folder, run_terraform
from meridian.state.contents import ERRORED, bucket_arguments, object_key
from meridian.targets import Target


@dataclass(frozen=True)
class Errored:
    """A state that is newer than the one of its unit; `path` is None if it waits in the state bucket."""

    unit: str
    path: Path | None


def find_errored(target: Target) -> list[Errored]:
    """Return the states that were not uploaded, here and in the state bucket, sorted by unit.

    Raises CouldNotTell if the bucket cannot be read.
    """
    prefix = f"live/{target.environment.name}/"
    try:
        pages = target.client("s3").get_paginator("list_objects_v2").paginate(Prefix=prefix, **bucket_arguments(target))
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    except AWS_ERRORS as error:
        raise CouldNotTell(
            f"The states in {target.environment.state_bucket} cannot be listed: {error}.",
            f"If there is no bucket yet: `meridian bootstrap {target.arguments}`.",
        ) from error
    saved = [Errored(key[len(prefix) : -len(ERRORED)], None) for key in keys if key.endswith(ERRORED)]
    here = [Errored(unit, path) for unit, path in _left_here(target).items()]
    return sorted([*here, *saved], key=lambda one: one.unit)


def require_no_errored(target: Target) -> None:
    """Raise CouldNotTell while a state waits that could not be uploaded: the one of its unit is not the newest."""
    units = ", ".join(one.unit for one in find_errored(target))
    if units:
        raise CouldNotTell(
            f"{units}: a state that could not be uploaded waits in {ERRORED[1:]}.",
            f"Push it with `meridian recover {target.arguments}`.",
        )


def save_errored(target: Target) -> None:
    """Move the states that were not uploaded into the state bucket, which encrypts them: a job's machine ends with it.

    One that the bucket does not take either stays where it is.
    """
    for unit, path in _left_here(target).items():
        shown, body = path.relative_to(target.root), path.read_bytes()
        try:
            target.client("s3").put_object(
                Key=object_key(target, unit, ERRORED),
                Body=body,
                ContentType="application/json",
                **bucket_arguments(target),
            )
        except AWS_ERRORS as error:
            say(f"   {unit}: its new state is only in {shown}; keep it. The state bucket did not take it: {error}")
        else:
            path.unlink()
            say(f"   {unit}: its state was not uploaded; it waits as {ERRORED[1:]} beside the old one")


def push_errored(target: Target, one: Errored) -> None:
    """Push a state; Terraform refuses one of another lineage, or one that is older than the state in the bucket.

    Raises OperationFailed if it does, CouldNotTell if Terragrunt has not worked on the unit here.
    """
    path = one.path or _fetch(target, one)
    try:
        run_terraform(target, one.unit, path.parent, "state", "push", "-lock-timeout=10s", path.name)
    except OperationFailed as error:
        shown = path.relative_to(target.root)
        place = f"s3://{target.environment.state_bucket}/{object_key(target, one.unit, ERRORED)}"
        remove = f"rm {shown}" if one.path else f"aws s3 rm {place}"
        raise OperationFailed(
            error.message,
            f"Read it: `less {shown}`. If the state in the bucket is the right one, remove the other (`{remove}`) and "
            f"run `meridian recover {target.arguments}` again.",
        ) from error
    path.unlink()
    if one.path is None:
        target.client("s3").delete_object(Key=object_key(target, one.unit, ERRORED), **bucket_arguments(target))


def _left_here(target: Target) -> dict[str, Path]:
    """Return the newest errored.tfstate of each unit's folders."""
    found = {}
    for unit, folders in find_folders(target).items():
        left = [path for folder in folders if (path := folder / ERRORED[1:]).is_file()]
        if left:
            found[unit] = max(left, key=lambda path: path.stat().st_mtime)
    return found


def _fetch(target: Target, one: Errored) -> Path:
    path = require_folder(target, one.unit) / f"saved-{ERRORED[1:]}"
    answer = target.client("s3").get_object(Key=object_key(target, one.unit, ERRORED), **bucket_arguments(target))
    files.write_file(path, answer["Body"].read().decode(), 0o600)
    return path
