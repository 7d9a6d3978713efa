"""The order of commits: an older one is never applied after a newer one."""

import json
from datetime import UTC, datetime
from typing import Any

from meridian.aws import AWS_ERRORS
from meridian.errors import CouldNotTell, Refused, UserError
from meridian.git import run_git
from meridian.state.contents import bucket_arguments
from meridian.targets import Target

NAME = "applied.json"
"""The object beside an environment's states that names the commit whose apply began last."""


def begin_commit(target: Target) -> None:
    """Record that the apply of the checked-out commit begins.

    Raises Refused if the apply of a newer commit has begun before, CouldNotTell if that cannot be read or recorded.
    """
    client, where = target.client("s3"), bucket_arguments(target)
    key = f"live/{target.environment.name}/{NAME}"
    commit = run_git(target.root, "rev-parse", "HEAD").decode().strip()
    try:
        _require_newest(target, commit, _read_last(client, where, key))
        body = {"commit": commit, "began": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")}
        client.put_object(Key=key, Body=json.dumps(body).encode(), ContentType="application/json", **where)
    except AWS_ERRORS as error:
        raise CouldNotTell(
            f"s3://{where['Bucket']}/{key}, which names the last applied commit, cannot be read or written: {error}.",
            f"Nothing was applied. Check your rights: `meridian bootstrap {target.arguments} --dry-run`.",
        ) from error


def _read_last(client: Any, where: dict[str, str], key: str) -> dict[str, str] | None:
    try:
        text = client.get_object(Key=key, **where)["Body"].read()
    except client.exceptions.NoSuchKey:
        return None
    try:
        found = json.loads(text)
        return {name: str(found[name]) for name in ("commit", "began")}
    except (ValueError, LookupError, TypeError) as error:
        raise CouldNotTell(
            f"s3://{where['Bucket']}/{key} names no commit.",
            f"Nothing was applied. Remove it: `aws s3 rm s3://{where['Bucket']}/{key}`.",
        ) from error


def _require_newest(target: Target, commit: str, last: dict[str, str] | None) -> None:
    if last is None:
        return
    try:
        common = run_git(target.root, "merge-base", commit, last["commit"]).decode().strip()
    except UserError as error:
        raise CouldNotTell(
            f"{target.environment.name}: whether {last['commit'][:12]}, which was applied last, is newer than "
            f"{commit[:12]} is not known, because this clone does not have it.",
            "Nothing was applied. Run `git fetch --unshallow origin main`, or `git fetch origin main`.",
        ) from error
    if common == commit != last["commit"]:
        raise Refused(
            f"{target.environment.name}: {commit[:12]} is older than {last['commit'][:12]}, whose apply began on "
            f"{last['began']}.",
            "Nothing was applied. Deploy the newest commit. To go back, commit: `meridian rollback`, `git revert`.",
        )
