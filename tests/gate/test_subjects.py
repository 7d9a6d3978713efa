"""A plan that is none, or not whole, is never looked at as one: each is told by its own sentence."""

import json
from pathlib import Path

import pytest

from meridian.errors import CouldNotTell
from meridian.scan import subjects

WHOLE = {
    "format_version": "1.2",
    "planned_values": {"root_module": {"resources": [{"address": "aws_sns_topic.a", "mode": "managed"}]}},
    "resource_changes": [{"address": "aws_sns_topic.a", "mode": "managed", "change": {"actions": ["create"]}}],
}
GONE = {**WHOLE["resource_changes"][0], "change": {"actions": ["delete"]}}  # type: ignore[index, dict-item]


def read(folder: Path, content: bytes) -> object:
    """Return what is read of a plan file that holds this."""
    file = folder / "tfplan.json"
    file.write_bytes(content)
    return subjects.read_plan(file, "dev/eu-west-1/data")


def text(**more: object) -> bytes:
    """Return the whole plan with some of it changed."""
    return json.dumps({**WHOLE, **more}).encode()


def test_a_whole_plan_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, text()) == WHOLE
    assert read(tmp_path, text(planned_values={}, resource_changes=[GONE]))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "cannot be read as JSON", id="nothing"),
        pytest.param(text()[:-9], "cannot be read as JSON", id="a part"),
        pytest.param(b"PK\x03\x04\x14\x00\x08\xff\xfe", "cannot be read as JSON", id="a binary plan"),
        pytest.param(b"[]", "is not Terraform's plan JSON", id="a list"),
        pytest.param(b'{"format_version": "1.0", "values": {}}', "its plan is a state", id="a state"),
        pytest.param(text(resource_changes=[]), "names no resource at all", id="a plan of nothing"),
        pytest.param(text(errored=True), "ended with an error", id="a plan that failed"),
        pytest.param(text(planned_values={}), "changes aws_sns_topic.a and does not say into what", id="holes"),
    ],
)
def test_what_is_no_plan_is_not_green(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(CouldNotTell, match=f"dev/eu-west-1/data: .*{says}"):
        read(tmp_path, content)


def test_no_plan_is_not_green(tmp_path: Path) -> None:
    with pytest.raises(CouldNotTell, match="dev/eu-west-1/data: it has no plan"):
        subjects.read_plan(tmp_path / "missing/tfplan.json", "dev/eu-west-1/data")
