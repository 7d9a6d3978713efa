"""The KMS key that encrypts an environment's Terraform state, behind an alias of its name."""

import json
from typing import Any

from meridian.errors import UserError
from meridian.state.policies import canonical_policy, key_policy
from meridian.state.settings import Change, Setting, correct_settings, unless_missing
from meridian.targets import Target


def correct_key(target: Target, tags: dict[str, str], *, dry_run: bool) -> tuple[str | None, list[Change]]:
    """Create or correct the state key; return its ARN (None in a dry run before it exists) and the differences.

    Raises UserError if the key behind the alias is disabled or about to be deleted.
    """
    kms = target.client("kms")
    alias = target.environment.state_key_alias
    found = unless_missing(lambda: kms.describe_key(KeyId=alias)["KeyMetadata"], "NotFoundException")
    changes = []
    if found is None:
        changes.append(Change(f"key {alias}", "key", "none", "a new symmetric key with this alias"))
        if not dry_run:
            found = _create(kms, target, tags)
    else:
        _require_usable(found, alias)
    key = found["Arn"] if found else None
    settings = _settings(kms, target, key or "", tags)
    return key, changes + correct_settings(f"key {alias}", settings, exists=key is not None, dry_run=dry_run)


def _create(kms: Any, target: Target, tags: dict[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = kms.create_key(
        Description=f"{target.environment.prefix}: Terraform state",
        Policy=json.dumps(key_policy(target)),
        Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()],
    )["KeyMetadata"]
    try:
        kms.create_alias(AliasName=target.environment.state_key_alias, TargetKeyId=made["KeyId"])
    except BaseException:
        # Without its alias the key would be lost and still cost money each month.
        kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)
        raise
    return made


def _require_usable(found: dict[str, Any], alias: str) -> None:
    state, key = found["KeyState"], found["KeyId"]
    if state == "Enabled":
        return
    if state == "PendingDeletion":
        raise UserError(
            f"The key behind {alias} ({key}) will be deleted on {found.get('DeletionDate', 'an unknown date')}; "
            "after that no state of this environment can be read.",
            f"Run `aws kms cancel-key-deletion --key-id {key}`, then `aws kms enable-key --key-id {key}`.",
        )
    raise UserError(
        f"The key behind {alias} ({key}) is {state}, it must be Enabled.", f"Run `aws kms enable-key --key-id {key}`."
    )


def _settings(kms: Any, target: Target, key: str, tags: dict[str, str]) -> list[Setting]:
    policy = key_policy(target)

    def our_tags() -> dict[str, str]:
        found = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]}
        return {name: found[name] for name in tags if name in found}

    return [
        Setting(
            "rotation",
            "once a year",
            True,
            lambda: kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"],
            lambda: kms.enable_key_rotation(KeyId=key),
        ),
        Setting(
            "policy",
            "this account's IAM decides",
            canonical_policy(policy),
            lambda: canonical_policy(json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])),
            lambda: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy)),
        ),
        Setting(
            "tags",
            ", ".join(tags),
            tags,
            our_tags,
            lambda: kms.tag_resource(KeyId=key, Tags=[{"TagKey": k, "TagValue": v} for k, v in tags.items()]),
        ),
    ]
