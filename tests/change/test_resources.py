"""Resources are counted in a module's files as they are at its version."""

from pathlib import Path

from meridian.modules.library import Library
from meridian.modules.resources import declared_resources
from tests.change.world import commit, released, write

TEXT = """\
# resource "aws_iam_role" "not" {}
resource "aws_kms_key" "one" {}

resource "aws_s3_bucket" "line" { bucket = "files" }

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


def test_blocks_are_counted_once_and_repetition_is_marked(root: Path) -> None:
    """Only count and for_each of the resource itself repeat it."""
    write(root, "modules/web/main.tf", TEXT)
    found = declared_resources(root, Library(root).contract("web", None))
    assert [(one.address, one.repeated) for one in found] == [
        ("aws_kms_key.one", False),
        ("aws_s3_bucket.line", False),
        ("aws_sns_topic.some", True),
        ("aws_iam_role.nested", False),
    ]


def test_a_released_version_has_its_own_files(root: Path) -> None:
    """The working tree does not count for it."""
    write(root, "modules/web/main.tf", TEXT)
    assert len(declared_resources(root, Library(root).contract("web", "1.0.0"))) == 2
    commit(root, "feat: more resources")
    released(root, "web", "1.1.0")
    (root / "modules/web/main.tf").unlink()
    assert len(declared_resources(root, Library(root).contract("web", "1.1.0"))) == 4
