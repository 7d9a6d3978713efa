"""Edits of an inventory: what they change, and that every other byte stays."""

import re

import pytest

from meridian.errors import UserError
from meridian.inventory import edit
from meridian.yamlfile import document
from meridian.yamlfile.draft import Draft

BLOCK = """\
# The whole platform.
project: demo   # a name
repository: 'https://example.com/org/demo.git'

defaults: {a: 1}
environments: # in order
  dev:
    account_id: "100000000001" # twelve

    primary_region: us-east-1
    regions:
      us-east-1: {} # first
      # Ireland, for the customers there
      eu-west-1:   # differs
        throttle: {rate: 1,   burst: 2}
        reason: "For a  reason" # so it is
      # the end of them
    versions: working-tree

  # the last one
  prod:
    account_id: '100000000002'
    primary_region: eu-west-1
    versions: {web: 1.0.0}
    regions:
      eu-west-1: {}
"""
FLOW = """\
project: demo
repository: https://example.com/org/demo.git
environments: {dev: {account_id: "100000000001", primary_region: us-east-1,
    versions: working-tree, regions: { us-east-1: {} , eu-west-1: {}, # two
    }}, prod: {account_id: "100000000002", primary_region: eu-west-1, versions: working-tree, regions: {eu-west-1: {}}}}
"""
FLOW_LINES = BLOCK.replace(
    "regions:\n      eu-west-1: {}\n", 'regions: {\n      "eu-west-1": {}, # here\n      us-west-2: {}\n    }\n'
)
FOLDED = BLOCK.replace('reason: "For a  reason" # so it is', "reason: >\n          For a\n          reason\n")
QUOTED = BLOCK.replace("  dev:", '  "dev":').replace("      us-east-1:", "      'us-east-1':")
STYLES = {
    "block": BLOCK,
    "flow": FLOW,
    "flow on several lines": FLOW_LINES,
    "a folded reason": FOLDED,
    "keys in quotes": QUOTED,
    "a comment and no newline at the end": BLOCK + "# the end",
    "carriage returns": BLOCK.replace("\n", "\r\n"),
    "a byte order mark and wide letters": "\ufeff" + BLOCK.replace("demo   #", "demo # \U0001f600 ą"),
}
DATE = "2026-01-31"
TOMB = re.compile(r'(?:\n +retired: \{ap-south-1: "2026-01-31"\}|, retired: \{ap-south-1: "2026-01-31"\})')


def value(text: str) -> dict[str, object]:
    """Return what an inventory says."""
    return document.parse_text(text, "x").value


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("style", STYLES)
def test_add_then_remove_leaves_only_the_tombstone(style: str, environment: str) -> None:
    """Every byte is restored in every style, except for the tombstone."""
    text = STYLES[style]
    added = edit.add_region(text, environment, "ap-south-1")
    assert list(value(added)["environments"][environment]["regions"])[-1] == "ap-south-1"  # type: ignore[index]
    retired = edit.retire_region(added, environment, "ap-south-1")
    assert retired.replace("ap-south-1: {retiring: true}", "ap-south-1: {}") == added
    removed = edit.remove_region(retired, environment, "ap-south-1", DATE)
    assert len(TOMB.findall(removed)) == 1
    assert TOMB.sub("", removed) == text


@pytest.mark.parametrize("style", STYLES)
def test_adding_a_region_again_removes_its_tombstone(style: str) -> None:
    """Where it was the only one, `retired` goes with it."""
    added = edit.add_region(STYLES[style], "dev", "ap-south-1")
    gone = edit.remove_region(added, "dev", "ap-south-1", DATE)
    assert edit.add_region(gone, "dev", "ap-south-1") == added


def test_an_added_region_is_one_line_behind_the_others() -> None:
    """Comments stay where they are."""
    lines = edit.add_region(BLOCK, "dev", "ap-south-1").splitlines()
    assert lines.pop(lines.index('        reason: "For a  reason" # so it is') + 1) == "      ap-south-1: {}"
    assert lines == BLOCK.splitlines()


@pytest.mark.parametrize("style", sorted(set(STYLES) - {"flow"}))
def test_a_region_with_settings_is_marked_and_removed(style: str) -> None:
    """The mark becomes one more entry of its map; the comment before the region stays."""
    marked = edit.retire_region(STYLES[style], "dev", "eu-west-1")
    assert value(marked)["environments"]["dev"]["regions"]["eu-west-1"]["retiring"] is True  # type: ignore[index]
    removed = edit.remove_region(marked, "dev", "eu-west-1", DATE)
    assert "# Ireland, for the customers there" in removed
    assert "# the end of them" in removed
    assert "differs" not in removed


def test_tombstones_gather() -> None:
    """Several regions that are gone stand in one map; one of them can come back."""
    text = edit.add_region(edit.add_region(BLOCK, "dev", "ap-south-1"), "dev", "ap-south-2")
    text = edit.remove_region(edit.remove_region(text, "dev", "ap-south-1", DATE), "dev", "ap-south-2", DATE)
    assert f'    retired: {{ap-south-1: "{DATE}", ap-south-2: "{DATE}"}}\n' in text
    assert f'    retired: {{ap-south-2: "{DATE}"}}\n' in edit.add_region(text, "dev", "ap-south-1")


@pytest.mark.parametrize("style", STYLES)
def test_a_new_environment_is_a_copy_of_another(style: str) -> None:
    """It stands behind the one it is like, with its own account and regions, and no trace of regions that went."""
    text = edit.remove_region(edit.add_region(STYLES[style], "dev", "ap-south-1"), "dev", "ap-south-1", DATE)
    text = edit.retire_region(text, "dev", "eu-west-1")
    regions = ["eu-west-1", "us-east-2"]
    made = edit.add_environment(text, "test", "dev", "100000000009", "us-east-2", regions)
    environments = value(made)["environments"]
    assert list(environments) == ["dev", "test", "prod"]  # type: ignore[call-overload]
    found = environments["test"]  # type: ignore[index]
    assert (found["account_id"], found["primary_region"]) == ("100000000009", "us-east-2")
    assert sorted(found["regions"]) == regions
    assert "retired" not in found
    assert "retiring" not in found["regions"]["eu-west-1"]
    assert environments["dev"] == value(text)["environments"]["dev"]  # type: ignore[index]


def test_a_fork_gets_its_own_names() -> None:
    """Values change in their places; what is right already stays as it is written."""
    accounts = {"dev": "200000000001", "prod": "100000000002"}
    made = edit.set_owner(BLOCK, "shop", "https://example.com/org/demo.git", accounts)
    expected = BLOCK.replace("demo   #", "shop   #").replace('"100000000001"', '"200000000001"')
    assert made == expected


def test_what_cannot_be_edited_with_certainty_is_refused() -> None:
    """Nothing is guessed: here the empty lines below the last region belong to its reason."""
    text = BLOCK.replace('reason: "For a  reason" # so it is', "reason: |+\n          For a reason\n\n")
    with pytest.raises(UserError, match=r"cannot be edited with certainty: .* Nothing was changed\.") as caught:
        edit.add_region(text, "dev", "ap-south-1")
    assert "make this edit by hand" in caught.value.hint


def test_a_comment_within_braces_is_not_lost() -> None:
    """The entry beside it has to be removed by hand."""
    text = "environments:\n  dev:\n    regions: {eu-west-1: {} # here\n      , us-east-1: {}}\n"
    with pytest.raises(UserError, match="'eu-west-1' stands beside a comment within braces"):
        edit.remove_region(text, "dev", "eu-west-1", DATE)
    assert (
        "us-east-1" not in edit.remove_region(text.replace("# here", ""), "dev", "us-east-1", DATE).split("retired")[0]
    )


@pytest.mark.parametrize("text", ["a: [", "a: &x 1\n", "environments: {}\n"])
def test_an_edit_that_goes_wrong_is_refused(text: str) -> None:
    """No text is handed on unless it reads back as the value that it must have."""
    draft = Draft(BLOCK, edit.NAME)
    draft.text = text
    with pytest.raises(UserError, match="cannot be edited with certainty"):
        draft.done()
