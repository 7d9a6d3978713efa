"""The S3 bucket that holds an environment's Terraform state, and its required settings."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from meridian.errors import UserError
from meridian.state.contents import bucket_arguments
from meridian.state.policies import bucket_policy, canonical_policy
from meridian.state.settings import Change, Setting, correct_settings, unless_missing
from meridian.targets import Target

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


def correct_bucket(target: Target, key: str | None, tags: dict[str, str], *, dry_run: bool) -> list[Change]:
    """Create or correct the state bucket; `key` is the ARN of its key, None before it exists.

    Raises UserError if the bucket belongs to another account or lies in another region.
    """
    subject = f"bucket {target.environment.state_bucket}"
    changes = []
    s3 = target.client("s3")
    exists = _is_ours(s3, target)
    if not exists:
        changes.append(Change(subject, "bucket", "none", f"a new one in {target.environment.state_region}"))
        if not dry_run:
            _create(s3, target)
            exists = True
    return changes + correct_settings(subject, _settings(s3, target, key, tags), exists=exists, dry_run=dry_run)


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
            raise UserError(
                f"The bucket {name} does not belong to account {environment.account_id}, "
                "or these credentials may not see it.",
                "Run `aws s3api list-buckets`. If another account has the name, choose another project name.",
            ) from error
        raise
    region = found.get("BucketRegion") or found["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    if region != environment.state_region:
        key = "state_copy" if environment.reads_copy else "primary_region"
        raise UserError(
            f"The bucket {name} is in {region}, {key} of {environment.name} is {environment.state_region}.",
            f"A bucket cannot move: restore {key}, or move the states by hand and delete the bucket.",
        )
    return True


def _create(s3: Any, target: Target) -> None:
    region, name = target.environment.state_region, target.environment.state_bucket
    # AWS refuses us-east-1 as a LocationConstraint.
    where: dict[str, Any] = (
        {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    )
    s3.create_bucket(Bucket=name, ObjectOwnership=OWNER_ENFORCED, **where)
    s3.get_waiter("bucket_exists").wait(Bucket=name, ExpectedBucketOwner=target.environment.account_id)


def _settings(s3: Any, target: Target, key: str | None, tags: dict[str, str]) -> list[Setting]:
    """Return every required setting of the bucket; every call names the expected owner."""
    always: dict[str, Any] = {**bucket_arguments(target)}
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    encryption = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
    policy = bucket_policy(target)

    def read(operation: str, missing: str, value: Callable[[Any], Any]) -> Callable[[], Any]:
        def call() -> Any:
            found = unless_missing(lambda: getattr(s3, operation)(**always), missing)
            return found and value(found)

        return call

    def write(operation: str, **request: Any) -> Callable[[], object]:
        return lambda: getattr(s3, operation)(**always, **request)

    all_tags = read("get_bucket_tagging", "NoSuchTagSet", lambda found: {t["Key"]: t["Value"] for t in found["TagSet"]})

    def write_tags() -> None:
        # The call replaces every tag and refuses those that AWS sets itself.
        kept = {name: value for name, value in (all_tags() or {}).items() if not name.startswith("aws:")}
        write("put_bucket_tagging", Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in (kept | tags).items()]})()

    return [
        Setting(
            "ownership",
            OWNER_ENFORCED,
            OWNER_ENFORCED,
            read(
                "get_bucket_ownership_controls",
                "OwnershipControlsNotFoundError",
                lambda found: found["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
            ),
            write("put_bucket_ownership_controls", OwnershipControls={"Rules": [{"ObjectOwnership": OWNER_ENFORCED}]}),
        ),
        Setting(
            "public access",
            "blocked",
            ALL_BLOCKED,
            read(
                "get_public_access_block",
                "NoSuchPublicAccessBlockConfiguration",
                lambda found: found["PublicAccessBlockConfiguration"],
            ),
            write("put_public_access_block", PublicAccessBlockConfiguration=ALL_BLOCKED),
        ),
        Setting(
            "encryption",
            f"aws:kms with {key or 'the new key'} and a bucket key",
            encryption,
            read(
                "get_bucket_encryption",
                "ServerSideEncryptionConfigurationNotFoundError",
                lambda found: [
                    {name: rule.get(name) for name in encryption[0]}
                    for rule in found["ServerSideEncryptionConfiguration"]["Rules"]
                ],
            ),
            write("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": encryption}),
        ),
        Setting(
            "versioning",
            "Enabled",
            "Enabled",
            read("get_bucket_versioning", "", lambda found: found.get("Status")),
            write("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}),
        ),
        Setting(
            "policy",
            ", ".join(statement["Sid"] for statement in policy["Statement"]),
            canonical_policy(policy),
            read(
                "get_bucket_policy",
                "NoSuchBucketPolicy",
                lambda found: canonical_policy(json.loads(found["Policy"])),
            ),
            write("put_bucket_policy", Policy=json.dumps(policy)),
        ),
        Setting(
            "lifecycle",
            "expire old versions after 90 days, broken uploads after 7, and delete markers without versions",
            LIFECYCLE,
            read(
                "get_bucket_lifecycle_configuration",
                "NoSuchLifecycleConfiguration",
                lambda found: found["Rules"],
            ),
            write("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": LIFECYCLE}),
        ),
        Setting(
            "tags",
            ", ".join(tags),
            tags,
            lambda: {name: value for name, value in (all_tags() or {}).items() if name in tags},
            write_tags,
        ),
    ]
