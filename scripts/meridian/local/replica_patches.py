"""What AWS does with replicas of a table and MiniStack does not: a key for each, and a key of AWS in every region."""

import json
from collections.abc import Mapping, Sequence
from functools import wraps
from typing import Any

ALIAS = "alias/aws/dynamodb"


def replicas_have_keys(dynamodb: Any) -> None:
    """Encrypt a replica with the key that was named for it.

    MiniStack copies the key of the first table, which is in another region: every plan would replace the replica.
    """
    update = dynamodb._apply_replica_updates

    @wraps(update)
    def apply_replica_updates(name: str, table: Any, updates: Sequence[Mapping[str, Any]]) -> Any:
        refused = update(name, table, updates)
        for action in () if refused else updates:
            wanted = action.get("Create") or action.get("Update") or {}
            replica = dynamodb._tables.get_scoped(dynamodb.get_account_id(), wanted.get("RegionName"), name)
            if replica is not None and wanted.get("KMSMasterKeyId"):
                key = {"KMSMasterKeyArn": wanted["KMSMasterKeyId"]}
                replica["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", **key}
        return refused

    dynamodb._apply_replica_updates = apply_replica_updates


def dynamodb_has_a_key_of_its_own(kms: Any) -> None:
    """Know the key that AWS keeps for DynamoDB in every region of an account.

    Terraform asks for it to tell whether a replica has another one. MiniStack has none: the apply fails.
    """
    resolve = kms._resolve_key

    @wraps(resolve)
    def resolve_key(name: str) -> Any:
        if resolve(name) is None and str(name).endswith(ALIAS):
            made = json.loads(kms._create_key({"Description": "The key that AWS keeps for DynamoDB"})[2])
            kms._aliases[kms._alias_arn(ALIAS)] = made["KeyMetadata"]["KeyId"]
        return resolve(name)

    kms._resolve_key = resolve_key
