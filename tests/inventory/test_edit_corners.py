"""Edits of rare texts: flow maps with comments within, copies of plain environments, drafts that went wrong."""

import json

import pytest

from meridian.errors import UserError
from meridian.inventory import edit
from meridian.yamlfile import spans
from meridian.yamlfile.document import parse_text
from meridian.yamlfile.draft import Draft
from tests.render.world import MINIMAL

FLOW = "environments:\n  dev:\n    regions: {eu-west-1: {} # here\n      , us-east-1: {}}\n"


def test_the_first_of_a_flow_map_goes_and_its_comment_stays() -> None:
    """What is below still is a map of the others."""
    text = edit.remove_region(FLOW, "dev", "eu-west-1", "2026-01-02")
    dev = parse_text(text, "x").value["environments"]["dev"]
    assert dev == {"regions": {"us-east-1": {}}, "retired": {"eu-west-1": "2026-01-02"}}
    assert "# here" in text


def test_a_plain_environment_is_copied_with_the_regions_that_both_have() -> None:
    """It has neither retiring nor retired regions."""
    text = edit.add_environment(MINIMAL, "prod", "dev", "100000000002", "us-east-1", ["us-east-1", "eu-west-1"])
    prod = parse_text(text, "x").value["environments"]["prod"]
    assert prod == {
        "account_id": "100000000002",
        "primary_region": "us-east-1",
        "versions": "working-tree",
        "regions": {"us-east-1": {}, "eu-west-1": {}},
    }


@pytest.mark.parametrize("text", ["a: [", "a: &x 1\n", "environments: {}\n"])
def test_a_draft_that_says_anything_else_is_refused(text: str) -> None:
    """No edit is handed on unless it reads back as what it must be."""
    draft = Draft(MINIMAL, edit.NAME)
    draft.text = text
    with pytest.raises(UserError):
        draft.done()


def test_an_entry_that_is_not_there() -> None:
    """A missing key is a KeyError."""
    with pytest.raises(KeyError, match="zz"):
        spans.find_entry(spans.find_node(MINIMAL, ("environments",), "x"), "zz")


def test_the_only_entry_of_a_flow_map() -> None:
    """An empty map is left."""
    assert spans.delete_entry("a: {b: 1}\n", spans.find_node("a: {b: 1}\n", ("a",), "x"), "b") == "a: {}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            json.dumps(parse_text(MINIMAL, "x").value, indent="\t"),
            "line 2: found character '\\t' that cannot start any token",
        ),
        ("a: \x1b", "it has a character out of place"),
    ],
    ids=["tabs in JSON", "a control character"],
)
def test_a_text_that_only_one_parser_reads_is_refused(text: str, reason: str) -> None:
    """libyaml, which reads, accepts tabs between brackets; PyYAML, which has positions, does not."""
    with pytest.raises(UserError) as caught:
        spans.find_node(text, ("environments",), edit.NAME)
    assert caught.value.message == (
        f"live/inventory.yaml is written in a way that cannot be edited with certainty: {reason}. Nothing was changed."
    )
