"""The policies of a state bucket and its key."""

import json
from typing import Any

from meridian.targets import Target

Policy = dict[str, Any]


def canonical_policy(value: Any) -> Any:
    """Return a policy in a form in which AWS's rewriting makes no difference.

    AWS stores a list of one as its only item and keeps no order within lists.
    """
    if isinstance(value, dict):
        return {key: canonical_policy(item) for key, item in value.items()}
    if isinstance(value, list):
        items = sorted((canonical_policy(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value


def key_policy(target: Target) -> Policy:
    """Return the key's policy: this account's IAM decides, as by KMS's default."""
    environment = target.environment
    statement = {
        "Sid": "AccountAdministers",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{environment.partition}:iam::{environment.account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def bucket_policy(target: Target) -> Policy:
    """Return the bucket's policy: requests that are denied even if IAM allows them."""
    bucket = f"arn:{target.environment.partition}:s3:::{target.environment.state_bucket}"
    everything = [bucket, f"{bucket}/*"]
    strangers = {
        "StringNotEquals": {"aws:PrincipalAccount": target.environment.account_id},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    # A backend with `encrypt` and without `kms_key_id` requests this in spite of the bucket's default.
    without_key = {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    statements = [
        _deny("OnlyOverTls", "s3:*", everything, {"Bool": {"aws:SecureTransport": "false"}}),
        _deny("OnlyThisAccount", "s3:*", everything, strangers),
        _deny("OnlyWithTheKey", "s3:PutObject", everything[1:], without_key),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _deny(sid: str, action: str, resources: list[str], condition: dict[str, dict[str, str]]) -> Policy:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resources,
        "Condition": condition,
    }
