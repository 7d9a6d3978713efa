"""The state bucket and its key: created, corrected, left alone, refused."""

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from meridian.deploy import bootstrap as command
from meridian.deploy.rights import COPY
from meridian.errors import CouldNotTell, Exit, OperationFailed, UserError
from meridian.state.bootstrap import correct_state_bucket
from meridian.state.bucket import ALL_BLOCKED
from meridian.state.policies import canonical_policy
from meridian.state.settings import Change
from meridian.targets import Target
from tests.local.conftest import REPOSITORY, as_role, environment

names = (f"env{number}" for number in count())


@pytest.fixture
def target(patched: Target, tmp_path: Path) -> Target:
    """Return an environment without a state bucket, on the shared local AWS."""
    return Target("local", tmp_path, environment(next(names)), REPOSITORY, patched.endpoint)


def settings(changes: list[Any]) -> set[str]:
    """Return the settings that changed."""
    return {change.setting for change in changes}


def bucket_and_owner(target: Target) -> dict[str, str]:
    """Return the parameters of every call about the bucket."""
    return {"Bucket": target.environment.state_bucket, "ExpectedBucketOwner": target.environment.account_id}


def key_id(target: Target) -> str:
    """Return the id of the state key."""
    found = target.client("kms").describe_key(KeyId=target.environment.state_key_alias)
    return str(found["KeyMetadata"]["KeyId"])


def test_a_new_bucket_is_hardened(target: Target) -> None:
    """Read back by hand, not by the code under test."""
    correct_state_bucket(target, dry_run=False)
    s3, kms, whose = target.client("s3"), target.client("kms"), bucket_and_owner(target)
    assert s3.get_bucket_versioning(**whose)["Status"] == "Enabled"
    block = s3.get_public_access_block(**whose)["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    controls = s3.get_bucket_ownership_controls(**whose)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    rule = s3.get_bucket_encryption(**whose)["ServerSideEncryptionConfiguration"]["Rules"][0]
    key = kms.describe_key(KeyId=target.environment.state_key_alias)["KeyMetadata"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}
    assert rule == {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    old = s3.get_bucket_lifecycle_configuration(**whose)["Rules"][0]
    assert old["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert old["Expiration"] == {"ExpiredObjectDeleteMarker": True}
    assert old["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert old["Status"] == "Enabled"
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(**whose)["TagSet"]}
    assert tags == {"Project": "greeter", "Environment": target.environment.name, "Repository": REPOSITORY}


def test_the_bucket_refuses_calls_without_tls_and_objects_without_the_key(target: Target) -> None:
    """The policy limits a role that IAM allows everything."""
    correct_state_bucket(target, dry_run=False)
    bucket = target.environment.state_bucket
    everything = {"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*"}
    s3 = as_role(target, f"admin-{target.environment.name}", everything)("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert s3.head_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "aws:kms"
    with pytest.raises(ClientError, match="explicit deny"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="AES256")

    def add_header(request: Any, **_: Any) -> None:
        request.headers["X-Forwarded-Proto"] = "http"

    s3.meta.events.register("before-send.s3", add_header)
    with pytest.raises(ClientError, match="explicit deny"):
        s3.get_object(Bucket=bucket, Key="k")


def test_a_dry_run_writes_nothing(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run with differences is exit 1; a real run then writes them, a second one nothing."""
    monkeypatch.setattr(command, "resolve", lambda *_: target)

    def bootstrap(*, dry_run: bool = False, as_json: bool = False) -> tuple[int, str]:
        code = command.bootstrap("dev", root=target.root, target="local", dry_run=dry_run, as_json=as_json)
        return code, capsys.readouterr().out

    code, shown = bootstrap(dry_run=True)
    assert code == Exit.FINDINGS
    assert "would change  bucket" in shown
    with pytest.raises(ClientError, match="404"):
        target.client("s3").head_bucket(Bucket=target.environment.state_bucket)
    with pytest.raises(ClientError, match="NotFoundException"):
        key_id(target)
    code, printed = bootstrap(as_json=True)
    report = json.loads(printed)
    assert (code, report["verdict"], report["dry_run"]) == (Exit.OK, "ok", False)
    assert report == json.loads((target.root / "out/bootstrap.json").read_text())
    assert {"subject", "setting", "was", "becomes"} == report["changes"][0].keys()
    assert bootstrap(dry_run=True) == (Exit.OK, "Nothing to change: the state bucket and its key have every setting.\n")


def test_to_end_a_copy_needs_the_rights_of_one(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Although the inventory does not ask for it any more."""
    correct_state_bucket(
        replace(target, environment=replace(target.environment, state_copy="eu-west-1")), dry_run=False
    )
    monkeypatch.setattr(command, "resolve", lambda *_: target)
    assert command.bootstrap("dev", root=target.root, target="local", dry_run=True, as_json=True) == Exit.FINDINGS
    assert set(COPY) <= set(json.loads(capsys.readouterr().out)["rights"])


WEAKEN = {
    "versioning": ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    "policy": ("delete_bucket_policy", {}),
    "public access": (
        "put_public_access_block",
        {"PublicAccessBlockConfiguration": {**ALL_BLOCKED, "BlockPublicPolicy": False}},
    ),
    "encryption": ("delete_bucket_encryption", {}),
    "ownership": ("delete_bucket_ownership_controls", {}),
    "lifecycle": ("delete_bucket_lifecycle", {}),
    "tags": ("delete_bucket_tagging", {}),
}


def test_a_weakened_bucket_is_corrected(target: Target) -> None:
    """A dry run reports each setting, a real run corrects it."""
    correct_state_bucket(target, dry_run=False)
    for operation, request in WEAKEN.values():
        getattr(target.client("s3"), operation)(**bucket_and_owner(target), **request)
    assert settings(correct_state_bucket(target, dry_run=True)) == set(WEAKEN)
    assert settings(correct_state_bucket(target, dry_run=False)) == set(WEAKEN)
    assert correct_state_bucket(target, dry_run=True) == []


def test_a_weakened_key_is_corrected(target: Target) -> None:
    """Rotation, policy and tags of the key."""
    correct_state_bucket(target, dry_run=False)
    kms, key = target.client("kms"), key_id(target)
    kms.disable_key_rotation(KeyId=key)
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"][0]["Principal"] = {"AWS": "*"}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    kms.untag_resource(KeyId=key, TagKeys=["Project"])
    assert settings(correct_state_bucket(target, dry_run=False)) == {"rotation", "policy", "tags"}
    assert correct_state_bucket(target, dry_run=True) == []


def test_other_tags_stay(target: Target) -> None:
    """The call that tags a bucket replaces every tag."""
    correct_state_bucket(target, dry_run=False)
    others = {"TagSet": [{"Key": "CostCentre", "Value": "7"}]}
    target.client("s3").put_bucket_tagging(**bucket_and_owner(target), Tagging=others)
    assert settings(correct_state_bucket(target, dry_run=False)) == {"tags"}
    found = target.client("s3").get_bucket_tagging(**bucket_and_owner(target))["TagSet"]
    assert {tag["Key"] for tag in found} == {"CostCentre", "Project", "Environment", "Repository"}


def test_every_call_names_the_expected_owner(target: Target) -> None:
    """Otherwise a bucket of another account with this name could be read or written."""
    seen: dict[str, str | None] = {}

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen[model.name] = params.get("ExpectedBucketOwner")

    target.session.events.register("provide-client-params.s3", note)
    correct_state_bucket(target, dry_run=False)
    without = {name for name, owner in seen.items() if owner != target.environment.account_id}
    assert without == {"CreateBucket"}, "which has no such parameter"
    assert len(seen) > 12


def test_another_accounts_bucket_is_refused(target: Target) -> None:
    """State never goes to a bucket of another account."""
    stranger = boto3.Session("100000000009", "x", region_name="us-east-1")
    stranger.client("s3", endpoint_url=target.endpoint).create_bucket(Bucket=target.environment.state_bucket)
    for dry_run in (True, False):
        with pytest.raises(UserError, match="does not belong to account 100000000001"):
            correct_state_bucket(target, dry_run=dry_run)


def test_a_bucket_in_another_region_is_refused(target: Target) -> None:
    """The backend looks for it in the primary region."""
    target.client("s3", "eu-west-1").create_bucket(
        Bucket=target.environment.state_bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    with pytest.raises(UserError, match=r"is in eu-west-1, primary_region of env\d+ is us-east-1"):
        correct_state_bucket(target, dry_run=False)


def test_a_bucket_outside_us_east_1_is_created_there(patched: Target, tmp_path: Path) -> None:
    """Only us-east-1 has no LocationConstraint."""
    target = Target("local", tmp_path, environment(next(names), primary="eu-west-1"), REPOSITORY, patched.endpoint)
    correct_state_bucket(target, dry_run=False)
    assert correct_state_bucket(target, dry_run=True) == []
    found = target.client("s3").get_bucket_location(**bucket_and_owner(target))
    assert found["LocationConstraint"] == "eu-west-1"


def test_a_key_about_to_be_deleted_is_refused_with_the_command_that_keeps_it(target: Target) -> None:
    """The state would become unreadable."""
    correct_state_bucket(target, dry_run=False)
    key = key_id(target)
    target.client("kms").disable_key(KeyId=key)
    with pytest.raises(UserError, match="is Disabled, it must be Enabled"):
        correct_state_bucket(target, dry_run=True)
    target.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with pytest.raises(UserError, match="will be deleted on") as caught:
        correct_state_bucket(target, dry_run=False)
    assert f"aws kms cancel-key-deletion --key-id {key}" in caught.value.hint


def test_refused_calls_are_reported_and_delete_a_key_without_alias(target: Target) -> None:
    """A key without an alias would be lost and cost money for ever."""
    deny = {"Effect": "Deny", "Action": "kms:CreateAlias", "Resource": "*"}
    allow = {"Effect": "Allow", "Action": ["kms:*", "sts:*"], "Resource": "*"}
    role = as_role(target, f"no-alias-{target.environment.name}", allow, deny)
    limited = Target("local", target.root, target.environment, REPOSITORY, target.endpoint)
    limited.__dict__["client"] = lambda service, region=None: role(service)
    with pytest.raises(OperationFailed, match="AWS refused CreateAlias"):
        correct_state_bucket(limited, dry_run=False)
    kms = target.client("kms")
    ours = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    left = [key for key in ours if key["Description"].startswith(f"{target.environment.prefix}:")]
    assert [key["KeyState"] for key in left] == ["PendingDeletion"]
    blind = as_role(target, f"blind-{target.environment.name}")
    limited.__dict__["client"] = lambda service, region=None: blind(service)
    with pytest.raises(CouldNotTell, match="AWS refused DescribeKey"):
        correct_state_bucket(limited, dry_run=True)


def test_a_policy_that_aws_rewrote_is_the_same_policy() -> None:
    """AWS stores a list of one as its item, and lists in its own order."""
    ours = {"Statement": [{"Action": ["s3:b", "s3:a"], "Resource": ["x"]}]}
    assert canonical_policy(ours) == canonical_policy({"Statement": {"Action": ["s3:a", "s3:b"], "Resource": "x"}})
    assert canonical_policy(ours) != canonical_policy({"Statement": {"Action": ["s3:a"], "Resource": "x"}})


def test_new_versioning_on_real_aws_prints_how_long_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """S3 may answer 404 for a new state for some minutes; locally it never does."""
    new = [Change("bucket", "versioning", "none", "Enabled")]
    endpoints = {"local": "http://127.0.0.1:1", "aws": None}
    monkeypatch.setattr(
        command, "resolve", lambda root, _, kind: Target(kind, root, environment(), REPOSITORY, endpoints[kind])
    )
    monkeypatch.setattr(command, "correct_state_bucket", lambda target, dry_run: new)
    for kind, dry_run, expected in (("aws", False, True), ("aws", True, False), ("local", False, False)):
        command.bootstrap("dev", root=tmp_path, target=kind, dry_run=dry_run, as_json=False)
        assert ("wait 15 minutes" in capsys.readouterr().err) == expected
