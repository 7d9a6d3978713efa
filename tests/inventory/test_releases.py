"""Every row of the committed ledger against git: a release is a commit of this repository's history."""

from pathlib import Path

import pytest

from meridian import git
from meridian.modules import contract, ledger
from meridian.modules.ledger import Row

ROOT = Path(__file__).resolve().parents[2]
ROWS = ledger.read_ledger(ROOT).values()


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.module} {row.version}") for row in ROWS])
def test_a_row_of_the_ledger_is_true(row: Row) -> None:
    """The commit is in the history, its module has that tree, and the manifest agrees about the package."""
    found = git.read_objects(ROOT, [f"{row.commit}:modules/{row.module}"])[f"{row.commit}:modules/{row.module}"]
    assert found, f"{row.commit} is not in this clone: fetch the whole history (git fetch --unshallow)"
    assert found[0] == row.tree
    git.run_git(ROOT, "merge-base", "--is-ancestor", row.commit, "HEAD")
    assert (contract.read_contract(ROOT, row.module, row).package is None) == (row.zip_sha256 is None)


def test_the_ledger_has_rows() -> None:
    """Staging and prod run released versions only, so there must be some."""
    assert ROWS
