"""Whole trees, byte for byte, the set of files included."""

import shutil
from pathlib import Path

import pytest

from meridian.generate.command import generate
from tests.generate.world import make_released, tree, write_inventory

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(folder.name for folder in GOLDEN.iterdir())
UPDATE = ".venv/bin/python -m pytest --update-golden"


@pytest.mark.parametrize("case", CASES)
def test_inventory_renders_the_expected_tree(case: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every file of live/ is there, no other, each with the expected bytes."""
    rendered = render(tmp_path / "repository", case)
    expected = GOLDEN / case / "live"
    if request.config.getoption("--update-golden"):
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
    generate(root, check=False, as_json=False)
    found = tree(root / "live")
    del found["inventory.yaml"]
    assert found == tree(GOLDEN / "minimal" / "live")
    assert sorted(path.name for path in (root / "live").iterdir()) == ["dev", "inventory.schema.json", "inventory.yaml"]


def test_an_added_region_changes_no_other_file(tmp_path: Path) -> None:
    """Adding is only adding, and taking away gives back the same bytes."""
    before, after = tree(GOLDEN / "minimal/live"), tree(GOLDEN / "region-added/live")
    added = after.keys() - before.keys()
    assert {path.split("/")[1] for path in added} == {"eu-west-1", "eu-north-1", "ap-southeast-2"}
    assert {path: after[path] for path in before} == before
    root = tmp_path / "repository"
    render(root, "region-added")
    write_inventory(root, (GOLDEN / "minimal/inventory.yaml").read_text(encoding="utf-8"))
    generate(root, check=False, as_json=False)
    assert tree(root / "live").items() >= before.items()
    assert len(tree(root / "live")) == len(before) + 1


def test_a_removed_region_takes_only_its_own_files_along(tmp_path: Path) -> None:
    """The others stay as they were, byte for byte, and so does what a tombstone says nothing about."""
    before, after = tree(GOLDEN / "region-added/live"), tree(GOLDEN / "region-removed/live")
    assert after == {path: text for path, text in before.items() if not path.startswith("dev/eu-west-1/")}
    assert len(after) < len(before)
    root = tmp_path / "repository"
    render(root, "region-added")
    write_inventory(root, (GOLDEN / "region-removed/inventory.yaml").read_text(encoding="utf-8"))
    generate(root, check=False, as_json=False)
    found = tree(root / "live")
    del found["inventory.yaml"]
    assert found == after
    assert not (root / "live/dev/eu-west-1").exists()


def test_an_old_version_stands_beside_a_new_one() -> None:
    """In one tree: the working tree, web 2.0.0 and web 1.0.0, each with the inputs that it knows."""
    found = tree(GOLDEN / "pinned/live")
    texts = [found[f"{name}/us-east-1/web/terragrunt.hcl"] for name in ("dev", "staging", "prod")]
    assert ["# web 2.0.0" in text for text in texts] == [False, True, False]
    assert ["# web 1.0.0" in text for text in texts] == [False, False, True]
    assert ["throttle" in text for text in texts] == [True, True, False]
    assert len({text.split("?ref=")[1][:40] for text in texts[1:]}) == 2


def render(root: Path, case: str) -> dict[str, str]:
    """Return what live/ holds for the inventory of a case, without the inventory."""
    make_released(root, (GOLDEN / case / "inventory.yaml").read_text(encoding="utf-8"))
    assert generate(root, check=False, as_json=False) == 0
    assert generate(root, check=True, as_json=False) == 0
    found = tree(root / "live")
    del found["inventory.yaml"]
    return found
