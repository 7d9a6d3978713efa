"""Edits of the versions in an inventory's text: only the versions change."""

import pytest

from meridian.inventory.edit import set_versions

NEW = {"web": "2.0.0", "store": "1.10.0"}
CASES = [
    ("versions: {web: 1.0.0, store: 1.0.0}  # ü", "versions: {web: 2.0.0, store: 1.10.0}  # ü"),
    ('versions: {web: \'1.0.0\', "store": "1.0.0",}', 'versions: {web: 2.0.0, "store": 1.10.0,}'),
    ("versions: {web: 1.0.0}", "versions: {web: 2.0.0, store: 1.10.0}"),
    ("versions:\n  # first\n  web: 1.0.0 # one\n", "versions:\n  # first\n  web: 2.0.0 # one\n  store: 1.10.0\n"),
]


def inventory(body: str) -> str:
    """Return an inventory whose second environment has this body."""
    inner = "".join(f"    {line}" for line in body.splitlines(keepends=True))
    return f"# é 😀\nenvironments:\n  a:\n    versions: {{web: 1.0.0, store: 1.0.0}}\n  b:\n{inner}"


@pytest.mark.parametrize(("before", "after"), CASES)
def test_only_the_versions_change(before: str, after: str) -> None:
    assert set_versions(inventory(before), "b", NEW) == inventory(after)
