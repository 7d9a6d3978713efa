"""Two whole trees, byte for byte, and what an edit of the inventory changes in a tree."""

import shutil
from pathlib import Path

import pytest

from meridian.render.command import generate
from meridian.render.schema import FILE
from tests.render.world import MINIMAL, make, make_released, tree, write_inventory

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(folder.name for folder in GOLDEN.iterdir())
UPDATE = ".venv/bin/python -m pytest --update-golden"


def files(root: Path) -> dict[str, str]:
    """Return the files below live/ without the inventory and its schema."""
    return {path: text for path, text in tree(root / "live").items() if path not in {"inventory.yaml", FILE}}


def edited(root: Path, inventory: str) -> dict[str, str]:
    """Return the files that another inventory leaves in a repository."""
    assert generate(root=write_inventory(root, inventory), check=False, as_json=False) == 0
    return files(root)


@pytest.mark.parametrize("case", CASES)
def test_inventory_renders_the_expected_tree(case: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every file of live/ is there, no other, each with the expected bytes."""
    inventory = (GOLDEN / case / "inventory.yaml").read_text(encoding="utf-8")
    rendered = edited(make_released(tmp_path / "repository"), inventory)
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


def test_a_removed_environment_leaves_nothing(tmp_path: Path) -> None:
    """From three environments to one: no file and no folder of the others stays."""
    root = make_released(tmp_path / "repository")
    before = edited(root, MINIMAL)
    assert edited(root, (GOLDEN / "pinned/inventory.yaml").read_text(encoding="utf-8")).keys() > before.keys()
    assert edited(root, MINIMAL) == before
    assert sorted(path.name for path in (root / "live").iterdir()) == ["dev", FILE, "inventory.yaml"]


def test_an_added_region_changes_no_other_file(tmp_path: Path) -> None:
    """A region adds files only; removing it restores the same bytes, with a tombstone or without."""
    root = make(tmp_path / "repository")
    before = edited(root, MINIMAL)
    after = edited(root, f"{MINIMAL}      eu-west-1: {{}}\n")
    assert {path.split("/")[1] for path in after.keys() - before.keys()} == {"eu-west-1"}
    assert after.items() > before.items()
    assert edited(root, f'{MINIMAL}    retired: {{eu-west-1: "2026-01-31"}}\n') == before
    assert not (root / "live/dev/eu-west-1").exists()


def test_an_old_version_stands_beside_a_new_one() -> None:
    """In one tree: the working tree, web 2.0.0 and web 1.0.0, each with the inputs that it knows."""
    found = tree(GOLDEN / "pinned/live")
    texts = [found[f"{name}/us-east-1/web/terragrunt.hcl"] for name in ("dev", "staging", "prod")]
    assert ["# web 2.0.0" in text for text in texts] == [False, True, False]
    assert ["# web 1.0.0" in text for text in texts] == [False, False, True]
    assert ["throttle" in text for text in texts] == [True, True, False]
    assert len({text.split("?ref=")[1][:40] for text in texts[1:]}) == 2


def test_a_retiring_region_keeps_its_files() -> None:
    """Without them Terragrunt could not destroy it; a retired region has none."""
    found = tree(GOLDEN / "pinned/live")
    assert {path.split("/")[1] for path in found if path.startswith("prod/")} == {"env.hcl", "us-east-1", "eu-west-1"}


def test_another_partition_has_its_own_arns(tmp_path: Path) -> None:
    """China's regions are not in the partition aws."""
    text = edited(make(tmp_path / "repository"), MINIMAL.replace("us-east-1", "cn-north-1"))["dev/env.hcl"]
    assert 'partition      = "aws-cn"' in text
    assert '"arn:aws-cn:kms:cn-north-1:100000000001:alias/' in text
