"""Rules over the root terragrunt.hcl: every unit includes it, so nothing may run from it or lead elsewhere."""

import shutil
from pathlib import Path

import pytest

from meridian.errors import CouldNotTell
from meridian.scan import root_file
from tests.conftest import ROOT


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a copy of our own."""
    return Path(shutil.copy(ROOT / "terragrunt.hcl", tmp_path / "terragrunt.hcl"))


def test_ours_is_fine(file: Path) -> None:
    assert root_file.judge(file.parent) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("locals {", 'locals {\n  x = run_cmd("id")', "uses run_cmd"),
        ("locals {", 'locals {\n  x = "#${run_cmd("id")}"', "uses run_cmd"),
        ("terraform {", 'terraform {\n  before_hook "x" {\n    commands = ["plan"]\n  }', "has terraform.before_hook"),
        ("terraform {", 'terraform {\n  source = "x"', "has terraform.source"),
        ("terraform {", "errors {\n}\n\nterraform {", "has errors"),
        ("terraform {", 'iam_role = "x"\n\nterraform {', "has iam_role"),
        ("terraform {", 'engine {\n  source = "x"\n}\n\nterraform {', "has engine"),
        ("terraform {", 'generate "more" {\n  path = "more.tf"\n}\n\nterraform {', "generates more"),
        (
            'commands  = ["init"]',
            'commands  = ["init"]\n    env_vars = { TF_CLI_ARGS = "x" }',
            "has extra_arguments.env_vars",
        ),
        ('"${local.region}"', '"${local.region}"\n      endpoints {\n      }', "uses endpoints"),
        ('"${local.region}"', '"${local.region}"\n      assume_role {\n      }', "uses assume_role"),
        (
            '"${local.region}"',
            '"${local.region}"\n      skip_credentials_validation = true',
            "uses skip_credentials_validation",
        ),
        ('backend = "s3"', 'backend = "http"', 'keeps the state in "http"'),
        ('terraform_binary              = "terraform"', 'terraform_binary = "./x"', 'runs "./x" for terraform'),
        ("-lockfile=readonly", "-upgrade", "no longer has -lockfile=readonly"),
        ("    use_lockfile", "    # use_lockfile", "no longer has use_lockfile"),
    ],
)
def test_what_opens_every_unit_is_found(file: Path, old: str, new: str, says: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = root_file.judge(file.parent)
    assert {one.check for one in found} == {"MRD_TREE_006"}
    assert f"terragrunt.hcl {says}." in [one.what for one in found]


def test_what_cannot_be_read_is_not_passed(file: Path) -> None:
    file.write_text("locals {", encoding="utf-8")
    with pytest.raises(CouldNotTell, match=r"terragrunt\.hcl: it cannot be read as HCL"):
        root_file.judge(file.parent)
    file.unlink()
    with pytest.raises(CouldNotTell, match=r"terragrunt\.hcl: it cannot be read"):
        root_file.judge(file.parent)
