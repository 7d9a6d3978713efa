"""The primary region of a rendered environment cannot move by an edit."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.render.command import generate
from tests.render.world import MINIMAL, make, tree, write_inventory

TWO = f"{MINIMAL}      eu-west-1: {{}}\n"
MOVED = TWO.replace("primary_region: us-east-1", "primary_region: eu-west-1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A rendered environment with two regions."""
    made = make(tmp_path / "repository", TWO)
    assert generate(root=made, check=False, as_json=False) == 0
    return made


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("inventory", [MOVED, MINIMAL.replace("us-east-1", "eu-west-1")])
def test_a_move_is_refused_and_explained(root: Path, inventory: str, check: bool) -> None:
    """The error has the line and the cost; nothing is written."""
    write_inventory(root, inventory)
    before = tree(root / "live")
    with pytest.raises(
        UserError, match=r"^live/inventory\.yaml:8: environments\.dev\.primary_region: .* cannot move to eu-west-1\.$"
    ) as caught:
        generate(root=root, check=check, as_json=False)
    assert "meridian add-env" in caught.value.hint
    assert 'retired_states: {"s3://demo-dev-state-100000000001/live/dev": "' in caught.value.hint
    assert tree(root / "live") == before


def test_an_environment_that_is_not_deployed_may_move(root: Path) -> None:
    """The line that the error prints says so."""
    write_inventory(root, MOVED)
    with pytest.raises(UserError) as caught:
        generate(root=root, check=False, as_json=False)
    line = caught.value.hint.rpartition(": `")[2].removesuffix("`")
    write_inventory(root, f"{MOVED}{line}\n")
    assert generate(root=root, check=False, as_json=False) == 0
    assert (root / "live/dev/eu-west-1/directory/terragrunt.hcl").is_file()
    assert not (root / "live/dev/us-east-1/directory").exists()


def test_another_region_may_be_replaced(root: Path) -> None:
    """Its units leave one region and appear in another, and the primary region stays."""
    write_inventory(root, TWO.replace("eu-west-1", "eu-north-1"))
    assert generate(root=root, check=False, as_json=False) == 0
    assert not (root / "live/dev/eu-west-1").exists()
