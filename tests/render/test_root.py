"""The root terragrunt.hcl is rendered: every change of it is shown, refused before a run and found by the gate."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.gate.rules import tree
from meridian.render.command import generate, require_current
from meridian.render.plan import ROOT
from tests.render.test_hcl import formatted
from tests.render.world import make_released


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose tree is rendered."""
    made = make_released(tmp_path / "repository")
    assert generate(root=made, check=False, as_json=False) == 0
    return made


def test_the_rendered_file_passes(root: Path) -> None:
    """Before a run, in the gate and in Terraform's formatter."""
    require_current(root)
    assert tree.find_in_tree(root) == []
    text = (root / ROOT).read_text(encoding="utf-8")
    assert formatted(text) == text


TERRAFORM = "\nterraform {"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("encrypt             = true", "encrypt             = false", id="a state in plain text"),
        pytest.param('["${local.environment.account_id}"]', "[]", id="any account for the provider"),
        pytest.param(TERRAFORM, TERRAFORM + '\n  before_hook "x" {\n    execute = ["id"]\n  }', id="a hook"),
        pytest.param("locals {", 'locals {\n  x = run_cmd("id")', id="a program"),
    ],
)
def test_a_change_is_refused_found_and_undone(root: Path, old: str, new: str) -> None:
    """Whatever it is, and `generate` alone undoes it."""
    text = (root / ROOT).read_text(encoding="utf-8")
    assert old in text
    (root / ROOT).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=r"^The tree is not what .* renders: terragrunt\.hcl \(stale\)"):
        require_current(root)
    assert generate(root=root, check=True, as_json=False) == 1
    assert [(one.check, one.file) for one in tree.find_in_tree(root)] == [("MRD_TREE_001", ROOT)]
    assert generate(root=root, check=False, as_json=False) == 0
    assert (root / ROOT).read_text(encoding="utf-8") == text


def test_it_names_the_engine_of_the_inventory(root: Path) -> None:
    """Its program and the oldest version; nothing else changes with it."""
    before = (root / ROOT).read_text(encoding="utf-8")
    assert 'terraform_binary              = "terraform"' in before
    inventory = root / "live/inventory.yaml"
    inventory.write_text("engine: opentofu\n" + inventory.read_text(encoding="utf-8"), encoding="utf-8")
    assert generate(root=root, check=False, as_json=False) == 0
    after = (root / ROOT).read_text(encoding="utf-8")
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert changed == ['terraform_version_constraint  = ">= 1.12.0"', 'terraform_binary              = "tofu"']


def test_a_missing_file_is_found(root: Path) -> None:
    """Units cannot run without it."""
    (root / ROOT).unlink()
    with pytest.raises(UserError, match=r"terragrunt\.hcl \(missing\)"):
        require_current(root)
    assert [(one.check, one.file) for one in tree.find_in_tree(root)] == [("MRD_TREE_001", ROOT)]


def test_a_file_of_an_older_version_is_explained(root: Path) -> None:
    """It has no marker, so that it is not replaced; the printed command is the way out."""
    text = (root / ROOT).read_text(encoding="utf-8")
    (root / ROOT).write_text(text.split("\n", 2)[2], encoding="utf-8")
    for refused in (lambda: generate(root=root, check=False, as_json=False), lambda: require_current(root)):
        with pytest.raises(UserError, match=r"^terragrunt\.hcl: is not generated") as caught:
            refused()
        assert "written by hand" in caught.value.hint
        assert "`mv terragrunt.hcl terragrunt.hcl.old && meridian generate`" in caught.value.hint
    (root / ROOT).rename(root / "terragrunt.hcl.old")
    assert generate(root=root, check=False, as_json=False) == 0
    assert (root / ROOT).read_text(encoding="utf-8") == text
    require_current(root)
