"""The S3 bucket that holds an environment's Terraform state."""

from typing import Any

from botocore.exceptions import ClientError

from meridian.errors import UserError
from meridian.state.facts import Change, correct_settings
from meridian.state.hardening import OWNER_ENFORCED, Bucket, bucket_settings
from meridian.targets import Target


def correct_bucket(target: Target, key: str | None, tags: dict[str, str], *, dry_run: bool) -> list[Change]:
    """Create or correct the state bucket; `key` is the ARN of its key, None before it exists.

    Raises UserError if the bucket belongs to another account or lies in another region.
    """
    name = target.environment.state_bucket
    changes = []
    bucket = Bucket(target)
    exists = _is_ours(bucket.s3, target)
    if not exists:
        changes.append(Change(f"bucket {name}", "bucket", "none", f"a new one in {target.environment.primary_region}"))
        if not dry_run:
            _create(bucket.s3, target)
            exists = True
    return changes + correct_settings(
        f"bucket {name}", bucket_settings(bucket, target, key, tags), exists=exists, dry_run=dry_run
    )


def _is_ours(s3: Any, target: Target) -> bool:
    environment = target.environment
    name = environment.state_bucket
    try:
        found = s3.head_bucket(Bucket=name, ExpectedBucketOwner=environment.account_id)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 404:
            return False
        if status == 403:
            raise _not_ours(target) from error
        raise
    region = found.get("BucketRegion") or found["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    if region != environment.primary_region:
        raise UserError(
            f"The bucket {name} is in {region}, the primary region of {environment.name} is "
            f"{environment.primary_region}.",
            "A bucket cannot move: restore primary_region, or move the state by hand and delete the bucket.",
        )
    return True


def _create(s3: Any, target: Target) -> None:
    region, name = target.environment.primary_region, target.environment.state_bucket
    # AWS refuses us-east-1 as a LocationConstraint.
    where: dict[str, Any] = (
        {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    )
    try:
        s3.create_bucket(Bucket=name, ObjectOwnership=OWNER_ENFORCED, **where)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        return
    except s3.exceptions.BucketAlreadyExists as error:
        raise _not_ours(target) from error
    s3.get_waiter("bucket_exists").wait(Bucket=name, ExpectedBucketOwner=target.environment.account_id)


def _not_ours(target: Target) -> UserError:
    environment = target.environment
    return UserError(
        f"The bucket {environment.state_bucket} does not belong to account {environment.account_id}, "
        "or these credentials may not see it.",
        "Run `aws s3api list-buckets`. If another account has the name, choose another project name.",
    )
