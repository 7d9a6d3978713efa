"""Edits of the versions in an inventory's text: only the versions change."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from meridian.inventory.edit import set_versions

NEW = {"web": "2.0.0", "store": "1.10.0"}
CASES = [
    ("versions: {web: 1.0.0, store: 1.0.0}  # ü", "versions: {web: 2.0.0, store: 1.10.0}  # ü"),
    ('versions: {web: \'1.0.0\', "store": "1.0.0",}', 'versions: {web: \'2.0.0\', "store": "1.10.0",}'),
    ("versions: {web: 1.0.0}", "versions: {web: 2.0.0, store: 1.10.0}"),
    ("versions: {other: 1.0.0}", "versions: {other: 1.0.0, web: 2.0.0, store: 1.10.0}"),
    ("versions:\n  # first\n  web: 1.0.0 # one\n", "versions:\n  # first\n  web: 2.0.0 # one\n  store: 1.10.0\n"),
    ("versions: {\n  web: 1.0.0, # one\n  store: 1.0.0 }", "versions: {\n  web: 2.0.0, # one\n  store: 1.10.0 }"),
    ("versions:\r\n  web: 1.0.0\r\n  store: 9.9.9\r\n", "versions:\r\n  web: 2.0.0\r\n  store: 1.10.0\r\n"),
]


def inventory(body: str) -> str:
    """Return an inventory whose second environment has this body."""
    inner = "".join(f"    {line}" for line in body.splitlines(keepends=True))
    return f"# é 😀\nenvironments:\n  a:\n    versions: {{web: 1.0.0, store: 1.0.0}}\n  b:\n{inner}"


@pytest.mark.parametrize(("before", "after"), CASES)
def test_only_the_versions_change(before: str, after: str) -> None:
    assert set_versions(inventory(before), "b", NEW) == inventory(after)


def test_an_environment_without_a_map_of_versions_is_refused() -> None:
    with pytest.raises(KeyError):
        set_versions(inventory("other: {}"), "b", NEW)


@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, unique=True),
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["1.2.3", "10.0.0"]), min_size=1),
    st.booleans(),
)
def test_the_edited_text_parses_to_the_new_versions(names: list[str], new: dict[str, str], flow: bool) -> None:
    lines = [f"{name}: 1.0.0" for name in names]
    body = "{" + ", ".join(lines) + "}" if flow else "".join(f"\n  {line} # note" for line in lines)
    after = yaml.safe_load(set_versions(inventory(f"versions: {body}\n"), "b", new))
    assert after["environments"]["b"]["versions"] == dict.fromkeys(names, "1.0.0") | new
