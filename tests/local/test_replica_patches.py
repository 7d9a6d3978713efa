"""Replicas of a table: with the patches they have their own key, and AWS has one for DynamoDB in every region."""

from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from meridian.local.replica_patches import ALIAS
from meridian.targets import Target


def make_key(target: Target, region: str) -> str:
    """Return the ARN of a new key."""
    return str(target.client("kms", region).create_key()["KeyMetadata"]["Arn"])


def make_table(target: Target, region: str, name: str, **more: Any) -> Any:
    """Make a table, and return a client of its region."""
    dynamodb = target.client("dynamodb", region)
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
        **more,
    )
    return dynamodb


def key_of_a_replica(target: Target) -> tuple[str, str]:
    """Return the key that a replica was given, and the one that its region describes."""
    name = f"replicated-{uuid4()}"
    first, second = make_key(target, "us-east-1"), make_key(target, "eu-west-1")
    encryption = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": first}
    dynamodb = make_table(target, "us-east-1", name, SSESpecification=encryption)
    join(dynamodb, name, KMSMasterKeyId=second)
    found = target.client("dynamodb", "eu-west-1").describe_table(TableName=name)["Table"]
    return second, found["SSEDescription"]["KMSMasterKeyArn"]


def join(dynamodb: Any, name: str, **more: Any) -> None:
    """Add a replica in eu-west-1 to a table."""
    replica = {"RegionName": "eu-west-1", **more}
    dynamodb.update_table(TableName=name, ReplicaUpdates=[{"Create": replica}])


def test_a_replica_has_the_key_that_was_named_for_it(patched: Target, plain: Target) -> None:
    given, described = key_of_a_replica(patched)
    assert described == given
    given, described = key_of_a_replica(plain)
    assert described != given


def test_dynamodb_has_a_key_of_aws_in_every_region(patched: Target, plain: Target) -> None:
    found = [patched.client("kms", "eu-west-1").describe_key(KeyId=ALIAS)["KeyMetadata"] for _ in range(2)]
    assert found[0]["Arn"] == found[1]["Arn"]
    with pytest.raises(ClientError, match="NotFoundException"):
        patched.client("kms", "eu-west-1").describe_key(KeyId="alias/aws/other")
    with pytest.raises(ClientError, match="NotFoundException"):
        plain.client("kms", "eu-west-1").describe_key(KeyId=ALIAS)


def test_a_replica_does_not_join_where_a_table_of_its_name_is(patched: Target) -> None:
    """Without a patch: the migration page relies on it."""
    name = f"taken-{uuid4()}"
    make_table(patched, "eu-west-1", name)
    dynamodb = make_table(patched, "us-east-1", name)
    with pytest.raises(ClientError, match="already existed as tables"):
        join(dynamodb, name)
