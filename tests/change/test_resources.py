"""Resources are counted in a module's files as they are at its version."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.modules.library import Library
from meridian.modules.resources import declared_resources
from tests.render.world import git, make_released

TEXT = """\
# resource "aws_iam_role" "not" {}
resource "aws_kms_key" "one" {}

resource "aws_sns_topic" "some" {
  for_each = toset(["a"])
  name     = each.key
}

resource "aws_iam_role" "nested" {
  dynamic "inline_policy" {
    for_each = []
  }
}
"""


def test_blocks_are_counted_once_and_repetition_is_marked(tmp_path: Path) -> None:
    """Only count and for_each of the resource itself repeat it."""
    root = make_released(tmp_path / "repository")
    (root / "modules/web/main.tf").write_text(TEXT, encoding="utf-8")
    found = declared_resources(root, Library(root).contract("web", None))
    assert [(one.address, one.repeated) for one in found] == [
        ("aws_kms_key.one", False),
        ("aws_sns_topic.some", True),
        ("aws_iam_role.nested", False),
    ]


def test_a_released_version_has_its_own_files(tmp_path: Path) -> None:
    """The working tree does not count for it."""
    root = make_released(tmp_path / "repository")
    (root / "modules/web/main.tf").write_text(TEXT, encoding="utf-8")
    git(root, "add", "modules/web/main.tf")
    assert declared_resources(root, Library(root).contract("web", "2.0.0")) == []
    tree = git(root, "write-tree", "--prefix=modules/web/")
    ledger = root / "modules/releases.yaml"
    released = Library(root).releases["web", "2.0.0"]
    git(root, "commit", "--quiet", "-m", "web 3.0.0")
    text = ledger.read_text(encoding="utf-8")
    row = text[text.rindex("  - module:") :].replace("2.0.0", "3.0.0").replace(released.tree, tree)
    ledger.write_text(text + row.replace(released.commit, git(root, "rev-parse", "HEAD")), encoding="utf-8")
    (root / "modules/web/main.tf").unlink()
    assert len(declared_resources(root, Library(root).contract("web", "3.0.0"))) == 3


def test_a_dangling_link_is_refused_and_a_folder_is_ignored(tmp_path: Path) -> None:
    """Terraform ignores such a folder, and fails at such a link."""
    root = make_released(tmp_path / "repository")
    (root / "modules/web/folder.tf").mkdir()
    before = declared_resources(root, Library(root).contract("web", None))
    (root / "modules/web/gone.tf").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"^modules/web: gone\.tf: cannot be read: No such file or directory\.$"):
        declared_resources(root, Library(root).contract("web", None))
    assert before == []
