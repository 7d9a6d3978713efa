"""The primary region of an environment that is rendered cannot move by an edit."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.generate.command import generate
from tests.generate.world import MINIMAL, make, tree, write_inventory

TWO = f"{MINIMAL}      eu-west-1: {{}}\n"
MOVED = TWO.replace("primary_region: us-east-1", "primary_region: eu-west-1")


@pytest.mark.parametrize("check", [True, False])
def test_a_move_is_refused_and_explained(tmp_path: Path, check: bool) -> None:
    """Neither written nor called stale: the line is named, and what it would take."""
    root = make(tmp_path / "repository", TWO)
    generate(root, check=False, as_json=False)
    write_inventory(root, MOVED)
    before = tree(root / "live")
    with pytest.raises(
        UserError, match=r"^live/inventory\.yaml:8: environments\.dev\.primary_region: .* cannot move to eu-west-1\."
    ) as caught:
        generate(root, check=check, as_json=False)
    assert "meridian add-env" in caught.value.hint
    assert tree(root / "live") == before


def test_what_is_not_rendered_may_be_anywhere(tmp_path: Path) -> None:
    """A new environment, and one whose env.hcl somebody deleted, as the explanation says."""
    root = make(tmp_path / "repository", TWO)
    generate(root, check=False, as_json=False)
    write_inventory(root, MOVED)
    (root / "live/dev/env.hcl").unlink()
    assert generate(root, check=False, as_json=False) == 0
    assert (root / "live/dev/eu-west-1/directory/terragrunt.hcl").is_file()
