"""The copy of the states in a second region: S3 replicates them, and a run can go on there without the first."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from meridian.aws import AWS_ERRORS, error_code, is_denied
from meridian.console import say
from meridian.errors import CouldNotTell, UserError
from meridian.state.contents import RECORD, STATE, StateObject, bucket_arguments, has_version, read_states
from meridian.state.policies import Policy, canonical_policy
from meridian.state.settings import Change, Setting, correct_settings, unless_missing
from meridian.targets import Target

MARK = "copy-in-use.json"
POLICY = "copy"
ABSENT = "NoSuchEntity"
"""What IAM answers about a role or a policy that does not exist."""
MISSING = {"404", "NoSuchBucket", "NoSuchKey", "NotFound"}
MINUTES = 15
"""S3 promises it for nearly all objects with replication time control."""


def of_copy(target: Target) -> Target:
    """Return the target with its states in the copy."""
    return replace(target, environment=target.environment.copy)


def correct_replication(target: Target, key: str | None, copy_key: str | None, *, dry_run: bool) -> list[Change]:
    """Make S3 copy every state, or correct how; `key` and `copy_key` are the ARNs of the keys of both buckets.

    Copies what was there before the replication. Both keys are None in a dry run before they exist.
    """
    environment, copy = target.environment, of_copy(target)
    role = f"role {role_name(target)}"
    iam, exists = target.client("iam"), key is not None and copy_key is not None
    found = unless_missing(lambda: iam.get_role(RoleName=role_name(target))["Role"], ABSENT) if exists else None
    changes = []
    if found is None:
        changes.append(Change(role, "role", "none", "a new one that only S3 assumes"))
        if not dry_run:
            found = _create_role(iam, target)
    settings = _role_settings(iam, target, key or "", copy_key or "")
    changes += correct_settings(role, settings, exists=found is not None, dry_run=dry_run)
    arn = found["Arn"] if found else ""
    bucket = f"bucket {environment.state_bucket}"
    return changes + correct_settings(
        bucket, _bucket_settings(target, copy, arn, copy_key or ""), exists=found is not None, dry_run=dry_run
    )


def stop_replication(target: Target, *, dry_run: bool) -> list[Change]:
    """Stop the copies of an environment without `state_copy`; the bucket and its key stay, for a person to delete.

    Raises UserError while the states in the copy count.
    """
    s3, iam, always = target.client("s3"), target.client("iam"), bucket_arguments(target)
    missing = "ReplicationConfigurationNotFoundError", "NoSuchBucket"
    found = unless_missing(lambda: s3.get_bucket_replication(**always)["ReplicationConfiguration"], *missing)
    if not found or not found["Role"].endswith(f"/{role_name(target)}"):
        return []
    goal = found["Rules"][0]["Destination"]
    bucket, region = goal["Bucket"].rpartition(":")[2], goal["EncryptionConfiguration"]["ReplicaKmsKeyID"].split(":")[3]
    if since := read_mark(replace(target, environment=replace(target.environment, state_copy=region))):
        raise UserError(
            f"{target.environment.name}: states were written in the copy in {region} since {since}.",
            f"Write `state_copy: {region}` into the inventory again, and bring them back: "
            f"`meridian recover {target.arguments}`",
        )
    if not dry_run:
        unless_missing(lambda: iam.delete_role_policy(RoleName=role_name(target), PolicyName=POLICY), ABSENT)
        unless_missing(lambda: iam.delete_role(RoleName=role_name(target)), ABSENT)
        # Last: without it, a second run would not look for the role that a refused call left.
        s3.delete_bucket_replication(**always)
    kept = f"none; {bucket} stays with its key: delete both by hand"
    return [
        Change(f"bucket {target.environment.state_bucket}", "replication", f"to {bucket} in {region}", kept),
        Change(f"role {role_name(target)}", "role", "the one with which S3 copied", "none"),
    ]


def role_name(target: Target) -> str:
    """Return the name of the role with which S3 copies; its dot keeps it out of what the apply role may change."""
    return f"{target.environment.prefix}.state-copy"


def _create_role(iam: Any, target: Target) -> dict[str, Any]:
    environment = target.environment
    boundary = {"PermissionsBoundary": environment.company_boundary} if environment.company_boundary else {}
    made: dict[str, Any] = iam.create_role(
        RoleName=role_name(target),
        Path=environment.role_path or "/",
        Description=f"S3 copies the states of {environment.prefix} into {environment.state_copy}.",
        AssumeRolePolicyDocument=json.dumps(_trust(target)),
        Tags=[
            {"Key": "Project", "Value": environment.prefix.removesuffix(f"-{environment.name}")},
            {"Key": "Environment", "Value": environment.name},
        ],
        **boundary,
    )["Role"]
    return made


def _trust(target: Target) -> Policy:
    return _document(
        {
            "Sid": "OnlyS3",
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": target.environment.account_id}},
        }
    )


def _rights(target: Target, key: str, copy_key: str) -> Policy:
    """Return what the role may do, as S3's user guide lists it ("Replicating encrypted objects")."""
    environment = target.environment
    source, copy = (f"arn:{environment.partition}:s3:::{one.state_bucket}" for one in (environment, environment.copy))
    return _document(
        _allow("ReadTheConfiguration", ["s3:GetReplicationConfiguration", "s3:ListBucket"], source),
        _allow(
            "ReadStates",
            ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"],
            f"{source}/*",
        ),
        _allow("WriteCopies", ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"], f"{copy}/*"),
        _allow("Decrypt", ["kms:Decrypt"], key),
        _allow("Encrypt", ["kms:Encrypt", "kms:GenerateDataKey"], copy_key),
    )


def _document(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(sid: str, actions: list[str], resource: str) -> Policy:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def _role_settings(iam: Any, target: Target, key: str, copy_key: str) -> list[Setting]:
    name, trust, rights = role_name(target), _trust(target), _rights(target, key, copy_key)
    policy = {"RoleName": name, "PolicyName": POLICY}

    def read_rights() -> Any:
        return unless_missing(lambda: canonical_policy(_plain(iam.get_role_policy(**policy)["PolicyDocument"])), ABSENT)

    return [
        Setting(
            "trust",
            "only S3, for this account",
            canonical_policy(trust),
            lambda: canonical_policy(_plain(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])),
            lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust)),
        ),
        Setting(
            "policy",
            "read the states, write the copies",
            canonical_policy(rights),
            read_rights,
            lambda: iam.put_role_policy(**policy, PolicyDocument=json.dumps(rights)),
        ),
    ]


def _plain(document: Any) -> Any:
    """Return a policy that boto3 has decoded or not."""
    return json.loads(document) if isinstance(document, str) else document


def _bucket_settings(target: Target, copy: Target, role: str, copy_key: str) -> list[Setting]:
    s3, always = target.client("s3"), bucket_arguments(target)
    minutes = {"Minutes": MINUTES}
    rule = {
        "ID": "states",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {
            "Bucket": f"arn:{target.environment.partition}:s3:::{copy.environment.state_bucket}",
            "EncryptionConfiguration": {"ReplicaKmsKeyID": copy_key},
            "Metrics": {"Status": "Enabled", "EventThreshold": minutes},
            "ReplicationTime": {"Status": "Enabled", "Time": minutes},
        },
    }
    wanted = {"Role": role, "Rules": [rule]}

    def read_replication() -> Any:
        missing = "ReplicationConfigurationNotFoundError"
        found = unless_missing(lambda: s3.get_bucket_replication(**always)["ReplicationConfiguration"], missing)
        return found and {
            "Role": found["Role"],
            "Rules": [{name: one.get(name) for name in rule} for one in found["Rules"]],
        }

    return [
        Setting(
            "replication",
            f"every state, with its own key, within {MINUTES} minutes",
            wanted,
            read_replication,
            lambda: s3.put_bucket_replication(**always, ReplicationConfiguration=wanted),
        ),
        Setting(
            "copies",
            "what was written before the replication",
            [],
            lambda: _missing_keys(target, copy),
            lambda: _copy_keys(target, copy),
        ),
    ]


def _missing_keys(target: Target, copy: Target) -> list[str]:
    return sorted(_keys(target) - _keys(copy))


def _keys(target: Target) -> set[str]:
    pages = target.client("s3").get_paginator("list_objects_v2").paginate(Prefix="live/", **bucket_arguments(target))
    keys = {entry["Key"] for page in pages for entry in page.get("Contents", [])}
    return {key for key in keys if key.endswith((STATE, RECORD))}


def _copy_keys(target: Target, copy: Target) -> None:
    for key in _missing_keys(target, copy):
        body = target.client("s3").get_object(Key=key, **bucket_arguments(target))["Body"].read()
        copy.client("s3").put_object(Key=key, Body=body, ContentType="application/json", **bucket_arguments(copy))


def mark_in_use(target: Target) -> None:
    """Record in the copy that states are written there, before the first one is."""
    body = json.dumps({"since": f"{datetime.now(UTC):%Y-%m-%d %H:%M UTC}"}).encode()
    target.client("s3").put_object(
        Key=_mark(target), Body=body, ContentType="application/json", **bucket_arguments(target)
    )


def require_copy_unused(target: Target) -> None:
    """Raise UserError if states were written in the copy: those of the primary region are older.

    Prints a line if the copy's region does not answer, because its loss must not stop the primary one. Raises
    CouldNotTell if these credentials may not read the copy.
    """
    environment = target.environment
    if environment.state_copy is None or environment.reads_copy:
        return
    try:
        since = read_mark(target)
    except AWS_ERRORS as error:
        if is_denied(error):
            raise CouldNotTell(
                f"{environment.name}: whether states were written in the copy in {environment.state_copy} is unknown: "
                f"{error}",
                f"Allow s3:GetObject on {environment.copy.state_bucket}/{_mark(target)}.",
            ) from error
        say(f"   {environment.state_copy} does not answer: whether the copy of the states was used is unknown")
        return
    if since:
        raise UserError(
            f"{environment.name}: states were written in the copy in {environment.state_copy} since {since}; "
            f"those in {environment.primary_region} are older.",
            f"Bring them back: `meridian recover {target.arguments}`",
        )


def read_mark(target: Target) -> str:
    """Return since when states are written in the copy; empty if they are not. Raises what S3 answers."""
    copy = of_copy(target)
    try:
        body = copy.client("s3").get_object(Key=_mark(target), **bucket_arguments(copy))["Body"].read()
    except ClientError as error:
        if error_code(error) in MISSING:
            return ""
        raise
    return str(json.loads(body)["since"])


def find_newer(target: Target) -> Iterator[tuple[StateObject, str]]:
    """Yield each state that is newer in the copy, with a sentence that compares both.

    Raises CouldNotTell if a bucket cannot be read, or if a unit was applied on both sides.
    """
    here, copy = {one.unit: one for one in read_states(target)}, of_copy(target)
    for there in read_states(copy):
        ours = here.get(there.unit)
        if there.document is None:
            continue
        serial = there.document["serial"]
        if ours is None or ours.document is None:
            yield there, f"serial {serial} of the copy; the primary region has no state"
        elif ours.document.get("lineage") != there.document.get("lineage"):
            raise _conflict(target, there, "the states of both regions are not of one history")
        elif ours.document != there.document and not (
            has_version(copy, there, ours.document) or has_version(target, ours, there.document)
        ):
            raise _conflict(target, there, "both regions have written its state since the last copy")
        elif ours.document["serial"] < serial:
            yield there, f"serial {serial} of the copy in the place of serial {ours.document['serial']}"


def _conflict(target: Target, state: StateObject, why: str) -> CouldNotTell:
    return CouldNotTell(
        f"{state.unit}: {why}.",
        f"Compare s3://{target.environment.state_bucket}/{state.key} with the copy, and keep one by hand.",
    )


def bring_back(target: Target, state: StateObject) -> None:
    """Make a state of the copy the newest one of the primary region."""
    body = json.dumps(state.document, indent=2).encode()
    target.client("s3").put_object(Key=state.key, Body=body, ContentType="application/json", **bucket_arguments(target))


def clear_mark(target: Target) -> None:
    """Record that the states of the primary region count again."""
    copy = of_copy(target)
    copy.client("s3").delete_object(Key=_mark(target), **bucket_arguments(copy))


def _mark(target: Target) -> str:
    return f"live/{target.environment.name}/{MARK}"
