"""A file that is not one whole plan is never read as a plan: each kind has its own message."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from meridian.errors import CouldNotTell
from meridian.plans.plan_json import Plan, read_plan

ADDRESS = "aws_sns_topic.a"
CHANGE: Mapping[str, Any] = {"address": ADDRESS, "mode": "managed", "change": {"actions": ["create"]}}
WHOLE = {
    "format_version": "1.2",
    "planned_values": {"root_module": {"resources": [{"address": ADDRESS, "mode": "managed"}]}},
    "resource_changes": [CHANGE],
    "applyable": True,
    "complete": True,
    "errored": False,
}


def read(folder: Path, content: bytes) -> Plan:
    """Return the plan in a file with this content."""
    file = folder / "tfplan.json"
    file.write_bytes(content)
    return read_plan(file, "dev/eu-west-1/data")


def text(*without: str, **more: object) -> bytes:
    """Return the whole plan with some of it changed or left out."""
    return json.dumps({key: value for key, value in {**WHOLE, **more}.items() if key not in without}).encode()


def acting(*actions: str) -> list[dict[str, Any]]:
    """Return the changes of a plan that does this with its only resource."""
    return [{**CHANGE, "change": {"actions": actions}}]


def test_a_whole_plan_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, text()).document == WHOLE
    assert read(tmp_path, text(planned_values={}, resource_changes=acting("delete")))


def test_the_resources_of_child_modules_are_found(tmp_path: Path) -> None:
    inside = {"resources": [{"address": "module.b.a.b", "mode": "managed"}, {"address": "data.a.b", "mode": "data"}]}
    root = {**WHOLE["planned_values"]["root_module"], "child_modules": [inside]}  # type: ignore[index]
    plan = read(tmp_path, text(planned_values={"root_module": root}))
    assert [one["address"] for one in plan.resources] == [ADDRESS, "module.b.a.b"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(text()[:-9], "cannot be read as JSON", id="a part"),
        pytest.param(b"PK\x03\x04\x14\x00\x08\xff\xfe", "cannot be read as JSON", id="a binary plan"),
        pytest.param(text(format_version="2.0"), "is not Terraform's plan JSON", id="a later format"),
        pytest.param(b'{"format_version": "1.0", "values": {}}', "its plan is a state", id="a state"),
        pytest.param(text(resource_changes=[]), "names no resource at all", id="a plan of nothing"),
        pytest.param(text(resource_changes=[3]), "is not in Terraform's form", id="a change of another form"),
        pytest.param(text(errored=True), "ended with an error", id="a plan that failed"),
        pytest.param(text(complete=False), "is not complete", id="a part of the changes"),
        pytest.param(text("applyable"), "does not say whether it is applyable", id="an older Terraform"),
        pytest.param(text(planned_values={}), "changes aws_sns_topic.a and does not say into what", id="holes"),
        pytest.param(
            text(resource_changes=acting("open")),
            "has an action for aws_sns_topic.a that is not known here: open",
            id="an unknown action",
        ),
    ],
)
def test_what_is_not_a_whole_plan_could_not_be_read(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(CouldNotTell, match=f"dev/eu-west-1/data: .*{says}") as refused:
        read(tmp_path, content)
    assert refused.value.hint


def test_a_missing_plan_could_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(CouldNotTell, match="dev/eu-west-1/data: it has no plan"):
        read_plan(tmp_path / "missing/tfplan.json", "dev/eu-west-1/data")


def test_a_plan_of_chosen_resources_is_read_where_it_is_wanted(tmp_path: Path) -> None:
    """One that failed is not."""
    path = tmp_path / "tfplan.json"
    path.write_bytes(text(complete=False))
    assert read_plan(path, "dev/eu-west-1/data", part=True).changes
    path.write_bytes(text(complete=False, errored=True))
    with pytest.raises(CouldNotTell, match="ended with an error"):
        read_plan(path, "dev/eu-west-1/data", part=True)
