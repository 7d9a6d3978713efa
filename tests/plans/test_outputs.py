"""The outputs come from the states in the bucket; a state that cannot be read never looks like one without outputs."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from meridian.errors import CouldNotTell
from meridian.inventory.model import Region
from meridian.plans import outputs
from meridian.targets import Target

UNITS = ("eu-west-1/data", "us-east-1/data", "us-east-1/identity")


class Bucket:
    """S3 with the states of `dev`, by unit; an exception is raised."""

    def __init__(self, states: dict[str, object]) -> None:
        self.states = states

    def get_object(self, **request: str) -> dict[str, io.BytesIO]:
        """Answer as S3 does."""
        assert request["Bucket"] == "greeter-dev-state-100000000001"
        assert request["ExpectedBucketOwner"] == "100000000001"
        unit = request["Key"].removeprefix("live/dev/").removesuffix("/terraform.tfstate")
        found = self.states.get(unit, refused("NoSuchKey"))
        if isinstance(found, Exception):
            raise found
        return {"Body": io.BytesIO(found if isinstance(found, bytes) else json.dumps(found).encode())}


def refused(code: str) -> ClientError:
    """Return an error of S3."""
    return ClientError({"Error": {"Code": code, "Message": "so it is"}}, "GetObject")


def state(**values: object) -> dict[str, object]:
    """Return a state with outputs."""
    return {"version": 4, "outputs": {name: {"value": value, "type": "string"} for name, value in values.items()}}


def read(target: Target, monkeypatch: pytest.MonkeyPatch, states: dict[str, object]) -> dict[str, dict[str, Any]]:
    """Return the outputs of an environment whose bucket holds these states."""
    for unit in UNITS:
        folder = Path(target.root, "live/dev", unit)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "terragrunt.hcl").write_text("# unit\n")
    monkeypatch.setattr(Target, "client", lambda *_: Bucket(states))
    return outputs.read_outputs(target)


def test_outputs_are_those_of_the_states(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any type, and sensitive ones too, as `terraform output -json` prints them."""
    secret = {"version": 4, "outputs": {"key": {"value": ["a", {"b": 1}], "sensitive": True}}}
    found = read(target, monkeypatch, dict.fromkeys(UNITS, state(name="x")) | {"us-east-1/data": secret})
    assert found == {unit: {"name": "x"} for unit in UNITS} | {"us-east-1/data": {"key": ["a", {"b": 1}]}}


def test_an_environment_that_was_never_applied_or_is_destroyed_has_none(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CouldNotTell, match=r"dev: no outputs in eu-west-1/data, .*: never applied") as failed:
        read(target, monkeypatch, {"us-east-1/identity": state()})
    assert "meridian apply dev --target local" in failed.value.hint


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"", "not a Terraform state of version 4"),
        (b'{"version": 4, "outputs": {"name": {"val', "not a Terraform state of version 4"),
        (b"\xff\xfe", "not a Terraform state of version 4"),
        ([], "not a Terraform state of version 4"),
        ({"version": 4}, "not a Terraform state of version 4"),
        ({"version": 5, "outputs": {}}, "not a Terraform state of version 4"),
        ({"version": 4, "outputs": {"name": "x"}}, "not a Terraform state of version 4"),
        (refused("AccessDenied"), "AccessDenied"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "Could not connect"),
    ],
)
def test_a_state_that_cannot_be_read_is_named_and_hides_no_other(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: object, reason: str
) -> None:
    found = read(target, monkeypatch, dict.fromkeys(UNITS, state(name="x")) | {"eu-west-1/data": broken})
    assert sorted(found) == ["us-east-1/data", "us-east-1/identity"]
    said = capsys.readouterr().err
    assert "dev/eu-west-1/data: its state " in said
    assert reason in said


def test_if_no_state_can_be_read_the_reason_is_not_that_nothing_was_applied(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CouldNotTell, match=r"dev/eu-west-1/data: its state cannot be read: .*NoSuchBucket"):
        read(target, monkeypatch, dict.fromkeys(UNITS, refused("NoSuchBucket")))


def test_units_of_a_retiring_region_are_not_read(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    regions = (Region("us-east-1", {}), Region("eu-west-1", {}, retiring=True))
    object.__setattr__(target.environment, "regions", regions)
    assert sorted(read(target, monkeypatch, dict.fromkeys(UNITS, state(name="x")))) == list(UNITS[1:])
