"""A state bucket in memory: S3 with versions, for the calls that states and records need."""

import io
import json
from typing import Any

from botocore.exceptions import ClientError

WHERE = {"Bucket": "greeter-dev-state-100000000001", "ExpectedBucketOwner": "100000000001"}


class Bucket:
    """The objects of the state bucket of `dev`; `refuse` names operations that end with the error `code`."""

    def __init__(self, *, versioned: bool = True) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.calls: list[str] = []
        self.refuse: set[str] = set()
        self.code = "AccessDenied"
        self.versioned = versioned
        self._number = 0

    def put_state(self, unit: str, **outputs: object) -> None:
        """Write a state with outputs, as an apply does."""
        values = {name: {"value": value, "type": "string"} for name, value in outputs.items()}
        state = {"version": 4, "lineage": "a", "serial": self._number, "outputs": values, "resources": []}
        self._put(f"live/dev/{unit}/terraform.tfstate", json.dumps(state).encode())

    def records(self) -> dict[str, dict[str, Any]]:
        """Return the records by unit, without those that were dropped."""
        end = "/fingerprint.json"
        found = {key: json.loads(body) for key, (body, _) in self.objects.items() if key.endswith(end)}
        return {
            key.removeprefix("live/dev/").removesuffix(end): record
            for key, record in found.items()
            if record.keys() != {"format", "run"}
        }

    def get_object(self, Key: str, **where: str) -> dict[str, Any]:
        """Answer as S3 does."""
        body, version = self._find("GetObject", Key, where)
        return {"Body": io.BytesIO(body), "VersionId": version}

    def head_object(self, Key: str, **where: str) -> dict[str, Any]:
        """Answer as S3 does."""
        return {"VersionId": self._find("HeadObject", Key, where)[1]}

    def put_object(self, Key: str, Body: bytes, ContentType: str, IfMatch: str = "", **where: str) -> dict[str, Any]:
        """Answer as S3 does; with a condition, refuse to replace another object. A version serves as a tag."""
        assert ContentType == "application/json"
        self._call("PutObject", Key, where)
        if IfMatch and Key not in self.objects:
            raise refused("NoSuchKey", "PutObject")
        if IfMatch and self.objects[Key][1] != IfMatch:
            raise refused("PreconditionFailed", "PutObject")
        self._put(Key, Body)
        return {"ETag": self.objects[Key][1]}

    def _put(self, key: str, body: bytes) -> None:
        self._number += 1
        self.objects[key] = (body, f"v{self._number}" if self.versioned else "null")

    def _find(self, operation: str, key: str, where: dict[str, str]) -> tuple[bytes, str]:
        self._call(operation, key, where)
        if key not in self.objects:
            raise refused("NoSuchKey", operation)
        return self.objects[key]

    def _call(self, operation: str, key: str, where: dict[str, str]) -> None:
        assert where == WHERE
        self.calls.append(f"{operation} {key.removeprefix('live/dev/')}")
        if operation in self.refuse:
            raise refused(self.code, operation)


def refused(code: str, operation: str) -> ClientError:
    """Return an error of S3."""
    return ClientError({"Error": {"Code": code, "Message": "so it is"}}, operation)
