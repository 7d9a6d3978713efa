"""States without a unit: found in the bucket, named, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from meridian.errors import CouldNotTell
from meridian.inventory.model import Environment, Region
from meridian.state.lost import lost_states
from meridian.targets import Target

ENVIRONMENT = Environment(
    name="dev",
    account_id="100000000001",
    primary_region="us-east-1",
    protected=False,
    versions=None,
    settings={},
    regions=(Region("us-east-1", {}),),
    partition="aws",
    prefix="demo-dev",
)
WHERE = {"Bucket": "demo-dev-state-100000000001", "ExpectedBucketOwner": "100000000001"}
HELD = {"version": 4, "resources": [{"mode": "managed", "type": "aws_kms_key", "name": "it", "instances": [{}]}]}
EMPTY = {"version": 4, "resources": [{"mode": "data", "type": "aws_region", "name": "here", "instances": [{}]}]}


class Raw:
    """The bytes of one object."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def read(self, *_: Any, **__: Any) -> bytes:
        """Return all of them."""
        return self.body


@pytest.fixture
def target(tmp_path: Path) -> Target:
    """Return a target whose tree has one unit."""
    unit = tmp_path / "live/dev/us-east-1/data/terragrunt.hcl"
    unit.parent.mkdir(parents=True)
    unit.write_text("")
    return Target("local", tmp_path, ENVIRONMENT, "https://example.com/org/demo.git", "http://127.0.0.1:1")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Stubber:
    """Return the stub of the state bucket."""
    client = boto3.client("s3", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    monkeypatch.setattr(Target, "client", lambda *_: client)
    stubber = Stubber(client)
    stubber.activate()
    return stubber


def holds(bucket: Stubber, states: dict[str, Any]) -> None:
    """Expect the bucket to be listed, then the states that have no unit to be read."""
    keys = [{"Key": f"live/dev/{name}"} for name in states]
    bucket.add_response("list_objects_v2", {"IsTruncated": False, "Contents": keys}, {"Prefix": "live/", **WHERE})
    for name, state in states.items():
        if state is not None:
            body = state if isinstance(state, bytes) else json.dumps(state).encode()
            answer = {"Body": StreamingBody(Raw(body), len(body))}  # type: ignore[no-untyped-call]
            bucket.add_response("get_object", answer, {"Key": f"live/dev/{name}", **WHERE})


def test_a_state_without_a_unit_is_named(target: Target, bucket: Stubber) -> None:
    """Of a unit that is in the tree nothing is read; locks are no states; an empty state holds nothing."""
    holds(
        bucket,
        {
            "us-east-1/data/terraform.tfstate": None,
            "us-east-1/data/terraform.tfstate.tflock": None,
            "eu-west-1/data/terraform.tfstate": HELD,
            "eu-west-1/gone/terraform.tfstate": EMPTY,
            "us-east-1/torn/terraform.tfstate": b"{",
        },
    )
    place = "s3://demo-dev-state-100000000001/live/dev"
    assert lost_states(target) == [
        f"{place}/eu-west-1/data/terraform.tfstate",
        f"{place}/us-east-1/torn/terraform.tfstate",
    ]
    bucket.assert_no_pending_responses()


def test_without_a_bucket_nothing_is_lost(target: Target, bucket: Stubber) -> None:
    bucket.add_client_error("list_objects_v2", "NoSuchBucket")
    assert lost_states(target) == []


def test_a_bucket_that_does_not_answer_is_unknown(target: Target, bucket: Stubber) -> None:
    bucket.add_client_error("list_objects_v2", "AccessDenied")
    with pytest.raises(CouldNotTell, match="The states in demo-dev-state-100000000001 cannot be read"):
        lost_states(target)
