"""Rules over live/: files that are not rendered, modules that are not pinned."""

from pathlib import Path

import pytest

from meridian.gate.rules import tree
from meridian.render.command import generate
from tests.render.test_golden import GOLDEN
from tests.render.world import make_released


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with a rendered tree: dev on the working tree, staging and prod pinned."""
    made = make_released(tmp_path / "repository", (GOLDEN / "pinned/inventory.yaml").read_text(encoding="utf-8"))
    assert generate(root=made, check=False, as_json=False) == 0
    return made


def edit(root: Path, path: str, old: str, new: str) -> None:
    """Replace a text in a file."""
    file = root / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def checks(root: Path) -> list[str]:
    """Return the checks of the findings."""
    return sorted({one.check for one in tree.find_in_tree(root)})


def test_accepts_a_rendered_tree(root: Path) -> None:
    assert tree.find_in_tree(root) == []


UNIT = "live/prod/us-east-1/web/terragrunt.hcl"


@pytest.mark.parametrize(
    ("path", "old", "new", "wanted"),
    [
        pytest.param(UNIT, "?ref=", "?ref=main&x=", ["MRD_TREE_001"], id="a branch"),
        pytest.param("terragrunt.hcl", "    Unit  ", "    Part  ", ["MRD_TREE_001"], id="another tag"),
        pytest.param(UNIT, "git::https://", "git::http://", ["MRD_TREE_001"], id="another source"),
        pytest.param(UNIT, '"show", ', '"show", "apply", ', ["MRD_TREE_001"], id="mocks for apply"),
        pytest.param(UNIT, "\ninputs", "\n# checkov:skip=CKV_AWS_1: x\ninputs", ["MRD_TREE_001"], id="skip"),
    ],
)
def test_refuses_an_edited_file(root: Path, path: str, old: str, new: str, wanted: list[str]) -> None:
    edit(root, path, old, new)
    assert checks(root) == wanted


@pytest.mark.parametrize(
    "path",
    [
        "live/prod/us-east-1/web/override.tf",
        "live/prod/us-east-1/evil/terragrunt.hcl.json",
        "live/prod/terragrunt.stack.hcl",
        "live/root.hcl",
    ],
)
def test_refuses_a_file_that_is_not_rendered_whatever_its_name(root: Path, path: str) -> None:
    """Terragrunt copies the files beside a unit into its module, and knows several names for a unit."""
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text("", encoding="utf-8")
    assert [(one.check, one.file) for one in tree.find_in_tree(root)] == [("MRD_TREE_001", path)]


def test_accepts_files_that_git_ignores(root: Path) -> None:
    """Terragrunt's own downloads."""
    (root / ".gitignore").write_text(".terragrunt-cache/\n", encoding="utf-8")
    file = root / "live/prod/us-east-1/web/.terragrunt-cache/x/main.tf"
    file.parent.mkdir(parents=True)
    file.write_text("", encoding="utf-8")
    assert tree.find_in_tree(root) == []


def test_refuses_a_unit_that_is_not_rendered(root: Path) -> None:
    """Terragrunt runs it, `generate` leaves it alone."""
    file = root / "live/prod/us-east-1/evil/terragrunt.hcl"
    file.parent.mkdir()
    file.write_text('terraform {\n  source = "git::https://example.com/evil.git//x?ref=main"\n}\n', encoding="utf-8")
    (found,) = tree.find_in_tree(root)
    assert (found.check, found.file) == ("MRD_TREE_001", "live/prod/us-east-1/evil/terragrunt.hcl")


def test_refuses_a_removed_file(root: Path) -> None:
    (root / UNIT).unlink()
    assert checks(root) == ["MRD_TREE_001"]


def test_refuses_a_protected_environment_on_the_working_tree(root: Path) -> None:
    edit(root, "live/inventory.yaml", "versions: working-tree", "versions: working-tree\n    protected: true")
    assert generate(root=root, check=False, as_json=False) == 0
    assert [(one.check, one.file) for one in tree.find_in_tree(root)] == [("MRD_TREE_002", "live/inventory.yaml")]
