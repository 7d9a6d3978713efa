"""The required settings of a state bucket: each can be read, compared and written."""

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from meridian.state.facts import Setting, unless_missing
from meridian.state.policies import bucket_policy, canonical_policy
from meridian.targets import Target

# S3 may still be creating a new bucket.
BUSY, BUSY_TRIES, BUSY_SECONDS = "OperationAborted", 10, 2.0
ALL_BLOCKED = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"),
    True,
)
OWNER_ENFORCED = "BucketOwnerEnforced"
LIFECYCLE = [
    {
        "ID": "old-versions",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
        # Each released lock leaves a delete marker, which S3 would keep for ever.
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
]


class Bucket:
    """The S3 API for one bucket: every call names the expected owner; a missing setting reads as None."""

    def __init__(self, target: Target) -> None:
        self.s3 = target.client("s3")
        self._always = {
            "Bucket": target.environment.state_bucket,
            "ExpectedBucketOwner": target.environment.account_id,
        }

    def read(self, operation: str, missing: str = "") -> Any:
        """Return the answer of a `get_...`, or None if AWS answers with the code `missing`."""
        return unless_missing(lambda: getattr(self.s3, operation)(**self._always), missing)

    def write(self, operation: str, **settings: Any) -> None:
        """Call a `put_...`, again while the bucket is busy."""
        for attempt in range(1, BUSY_TRIES + 1):
            try:
                getattr(self.s3, operation)(**self._always, **settings)
                return
            except ClientError as error:
                if error.response["Error"]["Code"] != BUSY or attempt == BUSY_TRIES:
                    raise
            time.sleep(BUSY_SECONDS)


def bucket_settings(bucket: Bucket, target: Target, key: str | None, tags: dict[str, str]) -> list[Setting]:
    """Return every required setting of the state bucket; `key` is the ARN of its key, None before it exists."""
    return [
        _ownership(bucket),
        _public_access(bucket),
        _encryption(bucket, key),
        _versioning(bucket),
        _policy(bucket, target),
        _lifecycle(bucket),
        _tags(bucket, tags),
    ]


def _ownership(bucket: Bucket) -> Setting:
    def read() -> Any:
        found = bucket.read("get_bucket_ownership_controls", "OwnershipControlsNotFoundError")
        return found and found["OwnershipControls"]["Rules"][0]["ObjectOwnership"]

    def write() -> None:
        bucket.write(
            "put_bucket_ownership_controls", OwnershipControls={"Rules": [{"ObjectOwnership": OWNER_ENFORCED}]}
        )

    return Setting("ownership", OWNER_ENFORCED, read, OWNER_ENFORCED, write, lambda found: found or "none")


def _public_access(bucket: Bucket) -> Setting:
    def read() -> Any:
        found = bucket.read("get_public_access_block", "NoSuchPublicAccessBlockConfiguration")
        return found and found["PublicAccessBlockConfiguration"]

    def write() -> None:
        bucket.write("put_public_access_block", PublicAccessBlockConfiguration=ALL_BLOCKED)

    def describe(found: Any) -> str:
        return "not blocked: " + ", ".join(name for name in ALL_BLOCKED if not (found or {}).get(name))

    return Setting("public access", "blocked", read, ALL_BLOCKED, write, describe)


def _encryption(bucket: Bucket, key: str | None) -> Setting:
    wanted = ("aws:kms", key, True)

    def read() -> Any:
        found = bucket.read("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
        rule = found["ServerSideEncryptionConfiguration"]["Rules"][0] if found else {}
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        return default.get("SSEAlgorithm"), default.get("KMSMasterKeyID"), rule.get("BucketKeyEnabled")

    def write() -> None:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
        bucket.write("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]})

    def describe(found: Any) -> str:
        algorithm, with_key, _ = found or (None, None, None)
        return f"{algorithm} with {with_key}" if with_key else algorithm or "none"

    becomes = f"aws:kms with {key or 'the new key'} and a bucket key"
    return Setting("encryption", becomes, read, wanted, write, describe)


def _versioning(bucket: Bucket) -> Setting:
    def read() -> Any:
        return bucket.read("get_bucket_versioning").get("Status")

    def write() -> None:
        bucket.write("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})

    return Setting("versioning", "Enabled", read, "Enabled", write, lambda found: found or "none")


def _policy(bucket: Bucket, target: Target) -> Setting:
    wanted = bucket_policy(target)

    def read() -> Any:
        found = bucket.read("get_bucket_policy", "NoSuchBucketPolicy")
        return found and canonical_policy(json.loads(found["Policy"]))

    def write() -> None:
        bucket.write("put_bucket_policy", Policy=json.dumps(wanted))

    becomes = ", ".join(statement["Sid"] for statement in wanted["Statement"])
    return Setting("policy", becomes, read, canonical_policy(wanted), write)


def _lifecycle(bucket: Bucket) -> Setting:
    def read() -> Any:
        found = bucket.read("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration")
        return found and found["Rules"]

    def write() -> None:
        bucket.write("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": LIFECYCLE})

    becomes = "expire old versions after 90 days, broken uploads after 7, and delete markers without versions"
    return Setting("lifecycle", becomes, read, LIFECYCLE, write)


def _tags(bucket: Bucket, tags: dict[str, str]) -> Setting:
    def all_tags() -> dict[str, str]:
        found = bucket.read("get_bucket_tagging", "NoSuchTagSet")
        return {tag["Key"]: tag["Value"] for tag in (found or {"TagSet": []})["TagSet"]}

    def read() -> dict[str, str]:
        return {name: value for name, value in all_tags().items() if name in tags}

    def write() -> None:
        # The call replaces every tag and refuses those that AWS sets itself.
        kept = {name: value for name, value in all_tags().items() if not name.startswith("aws:")}
        bucket.write(
            "put_bucket_tagging", Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in (kept | tags).items()]}
        )

    return Setting("tags", ", ".join(tags), read, tags, write, lambda found: ", ".join(found or {}) or "none")
