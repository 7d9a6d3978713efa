"""Whole trees, byte for byte, the set of files included."""

import shutil
from pathlib import Path

import pytest

from meridian.generate.command import generate
from tests.generate.world import make_released, tree, write_inventory

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(folder.name for folder in GOLDEN.iterdir())
UPDATE = ".venv/bin/python -m pytest tests/generate --update-golden"


@pytest.mark.parametrize("case", CASES)
def test_inventory_renders_the_expected_tree(case: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every file of live/ is there, no other, each with the expected bytes."""
    rendered = render(tmp_path / "repository", case)
    expected = GOLDEN / case / "live"
    if request.config.getoption("--update-golden", default=False):
        shutil.rmtree(expected, ignore_errors=True)
        for path, text in rendered.items():
            (expected / path).parent.mkdir(parents=True, exist_ok=True)
            (expected / path).write_text(text, encoding="utf-8")
    found = tree(expected)
    assert rendered.keys() == found.keys(), f"{case}: other files than expected; if they are right: {UPDATE}"
    for path, text in found.items():
        assert rendered[path] == text, f"{case}: {path} differs; if it is right: {UPDATE}"


def test_a_removed_region_and_environment_leave_nothing(tmp_path: Path) -> None:
    """From two environments to the smallest inventory: the tree is that of the smallest."""
    root = tmp_path / "repository"
    render(root, "two-environments")
    write_inventory(root, (GOLDEN / "minimal" / "inventory.yaml").read_text(encoding="utf-8"))
    generate(root, check=False, force=False, as_json=False)
    found = tree(root / "live")
    del found["inventory.yaml"]
    assert found == tree(GOLDEN / "minimal" / "live")
    assert sorted(path.name for path in (root / "live").iterdir()) == ["dev", "inventory.schema.json", "inventory.yaml"]


def render(root: Path, case: str) -> dict[str, str]:
    """Return what live/ holds for the inventory of a case, without the inventory."""
    make_released(root, (GOLDEN / case / "inventory.yaml").read_text(encoding="utf-8"))
    assert generate(root, check=False, force=False, as_json=False) == 0
    assert generate(root, check=True, force=False, as_json=False) == 0
    found = tree(root / "live")
    del found["inventory.yaml"]
    return found
