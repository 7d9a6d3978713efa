"""Module folders: which files they may hold, and blocks that would run a program."""

from pathlib import Path

import pytest

from meridian.gate import code
from meridian.gate.rules import module_files, tree
from meridian.gate.tools import files
from meridian.render.command import generate
from tests.conftest import ROOT
from tests.gate.repository import git, write
from tests.render.test_golden import GOLDEN
from tests.render.world import make_released


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with a rendered tree and modules of its own."""
    made = make_released(tmp_path / "repository", (GOLDEN / "pinned/inventory.yaml").read_text(encoding="utf-8"))
    assert generate(root=made, check=False, as_json=False) == 0
    return made


STRAYS = (
    *("more.tofu", ".terraformrc", "terragrunt.hcl", "more.tf.json", "more_override.tf", "x.auto.tfvars", "more.TF"),
    *("more.tftest.hcl", "tests/setup/main.tf", "docs/terragrunt.hcl", "lib/main.tf", "functions"),
)
HELD = (
    "more.tf",
    "verify.yaml",
    "README.md",
    "UPGRADING.md",
    "docs/picture.svg",
    "tests/more.tftest.hcl",
    "tests/aws.tfmock.hcl",
)
SECOND = ("functions/audit/index.mjs", "functions/audit/package-lock.json", "functions/.npmrc")


@pytest.mark.parametrize("name", STRAYS)
def test_refuses_a_file_that_tools_read_and_the_gate_does_not(root: Path, name: str) -> None:
    write(root, f"modules/web/{name}", "")
    assert [(one.check, one.file, one.module) for one in module_files.find_in_modules(root)] == [
        ("MRD_TREE_007", f"modules/web/{name}", "web")
    ]


def test_refuses_a_file_beside_the_modules(root: Path) -> None:
    write(root, "modules/.terraformrc", "")
    assert [one.file for one in module_files.find_in_modules(root)] == ["modules/.terraformrc"]


def test_refuses_a_stray_file_that_is_tracked_although_ignored(root: Path) -> None:
    write(root, ".gitignore", "*.tofu\n")
    write(root, "modules/web/more.tofu", "")
    assert module_files.find_in_modules(root) == []
    git(root, "add", "--force", "modules/web/more.tofu")
    assert [one.file for one in module_files.find_in_modules(root)] == ["modules/web/more.tofu"]


def test_accepts_the_files_of_a_module_with_a_second_function(root: Path) -> None:
    for name in (*HELD, *SECOND):
        write(root, f"modules/web/{name}", "")
    assert module_files.find_in_modules(root) == []


def test_accepts_what_git_ignores(root: Path) -> None:
    write(root, ".gitignore", ".terraform/\nnode_modules/\ndist/\n")
    for name in (".terraform/modules/x.tofu", "node_modules/a/terraform.rc", "functions/dist/function.zip"):
        write(root, f"modules/web/{name}", "")
    assert module_files.find_in_modules(root) == []


def test_accepts_our_own_modules_and_releases() -> None:
    assert module_files.find_in_modules(ROOT) == []
    assert [one for one in tree.find_in_tree(ROOT) if one.check == module_files.STRAY.id] == []


def test_refuses_a_stray_file_in_a_release_that_is_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.render.world.RELEASED", tmp_path)
    write(tmp_path, "web/.terraformrc", "")
    for name in ("outputs.tf", "unit.yaml", "variables.tf"):
        write(tmp_path, f"web/{name}", (ROOT / "tests/render/released/web" / name).read_bytes())
    inventory = (GOLDEN / "pinned/inventory.yaml").read_text(encoding="utf-8")
    made = make_released(tmp_path / "repository", inventory)
    assert generate(root=made, check=False, as_json=False) == 0
    assert [(one.check, one.what) for one in tree.find_in_tree(made)] == [
        ("MRD_TREE_007", "modules/web/.terraformrc does not belong in web 1.0.0.")
    ]


@pytest.mark.parametrize("name", ["modules/web/loop.tf", "modules/web/functions", "modules/loop"])
def test_refuses_a_link_in_a_module(root: Path, name: str) -> None:
    (root / name).symlink_to(root / "modules/store/outputs.tf")
    assert [(one.check, one.file) for one in module_files.find_in_modules(root)] == [("MRD_TREE_007", name)]


@pytest.mark.parametrize("name", ["modules/web/loop.tf", "live/loop", "live/prod/us-east-1/web/loop.tf"])
def test_refuses_a_link_that_points_to_itself(root: Path, name: str) -> None:
    (root / name).symlink_to((root / name).name)
    found = [*module_files.find_in_modules(root), *tree.find_in_tree(root)]
    assert [one.file for one in found] == [name]
    assert name not in files.list_files(root).names


def test_reads_no_block_from_a_file_that_is_refused(root: Path) -> None:
    block = 'resource "aws_sns_topic" "%s" {}\n'
    write(root, "modules/web/topic.tf", block % "a")
    write(root, "modules/web/topic_override.tf", block % "b")
    (root / "modules/web/loop.tf").symlink_to("loop.tf")
    assert code.read_module(root / "modules/web").resources == {"aws_sns_topic.a"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('data "external" "x" {\n  program = ["sh", "-c", "id"]\n}\n', id="a program for data"),
        pytest.param('data "aws_lambda_invocation" "x" {\n}\n', id="a function that a plan calls"),
        pytest.param('resource "null_resource" "x" {\n}\n', id="another provider's resource"),
        pytest.param(
            'resource "aws_sns_topic" "x" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}\n',
            id="a provisioner",
        ),
        pytest.param('provider "aws" {\n  alias = "x"\n}\n', id="a provider of its own"),
        pytest.param('terraform {\n  backend "http" {\n  }\n}\n', id="a state elsewhere"),
        pytest.param('check "x" {\n  data "http" "y" {\n  }\n}\n', id="data inside of a check"),
        pytest.param('action "aws_lambda_invoke" "x" {\n}\n', id="an action"),
        pytest.param('import {\n  to = aws_sns_topic.x\n  id = "x"\n}\n', id="what exists already"),
        pytest.param(
            'removed {\n  from = aws_sns_topic.x\n\n  provisioner "local-exec" {\n    command = "id"\n  }\n}\n',
            id="a provisioner of what is removed",
        ),
        pytest.param(
            'terraform {\n  required_providers {\n    aws = {\n      source = "example/aws"\n    }\n  }\n}\n',
            id="another provider by the same name",
        ),
    ],
)
def test_refuses_what_would_run_a_program(root: Path, text: str) -> None:
    (root / "modules/web/more.tf").write_text(text, encoding="utf-8")
    found = [one for one in module_files.find_in_modules(root) if one.check == "MRD_TREE_005"]
    assert [one.file for one in found] == ["modules/web/more.tf"]


def test_reads_a_file_with_a_byte_order_mark(root: Path) -> None:
    write(root, "modules/web/more.tf", '\ufeffresource "aws_sns_topic" "x" {\n}\n')
    assert module_files.find_in_modules(root) == []
    assert code.read_module(root / "modules/web").blocks["aws_sns_topic.x"] == ("more.tf", 1)
    write(root, "modules/web/more.tf", '\ufeffresource "null_resource" "x" {\n}\n')
    assert [(one.check, one.line) for one in module_files.find_in_modules(root)] == [("MRD_TREE_005", 1)]


def test_accepts_a_block_that_only_moves(root: Path) -> None:
    (root / "modules/web/more.tf").write_text("moved {\n  from = aws_sns_topic.a\n  to   = aws_sns_topic.b\n}\n")
    assert module_files.find_in_modules(root) == []
