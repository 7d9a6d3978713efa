"""States in the bucket that belong to no unit of the tree: a plan does not see their resources."""

from meridian.aws import AWS_ERRORS, error_code
from meridian.errors import CouldNotTell
from meridian.render.plan import UNIT
from meridian.render.tree import find_files
from meridian.state.contents import STATE, bucket_arguments, find_managed
from meridian.targets import Target

PREFIX = "live/"
NO_BUCKET = "NoSuchBucket"


def lost_states(target: Target) -> list[str]:
    """Return `s3://<bucket>/<key>` of each state without a unit, unless it holds nothing; none without a bucket.

    A state that cannot be read as one is named too. Raises CouldNotTell if the bucket cannot be read.
    """
    bucket = target.environment.state_bucket
    where = bucket_arguments(target)
    units = {path.removesuffix(f"/{UNIT}") for path in find_files(target.root).files}
    client = target.client("s3")
    try:
        pages = client.get_paginator("list_objects_v2").paginate(Prefix=PREFIX, **where)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        orphans = [key for key in keys if key.endswith(STATE) and key.removesuffix(STATE) not in units]
        bodies = {key: client.get_object(Key=key, **where)["Body"].read() for key in orphans}
    except AWS_ERRORS as error:
        if error_code(error) == NO_BUCKET:
            return []
        raise CouldNotTell(
            f"The states in {bucket} cannot be read: {error}.", "Whether one belongs to no unit is unknown."
        ) from error
    return [f"s3://{bucket}/{key}" for key, body in bodies.items() if not _is_empty(key, body)]


def _is_empty(key: str, body: bytes) -> bool:
    try:
        return not find_managed(key, body)
    except CouldNotTell:
        return False
