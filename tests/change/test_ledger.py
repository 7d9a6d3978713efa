"""The committed ledger against builds: the function of a released commit still has the zip that the row says."""

from pathlib import Path

import pytest

from meridian import tools
from meridian.change.release import build_and_hash
from meridian.modules import contract, ledger
from meridian.modules.ledger import Row
from tests.change.conftest import USERS_CACHE
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[2]
PACKAGED = [row for row in ledger.read_ledger(ROOT).values() if row.zip_sha256]


@pytest.mark.slow
@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.module} {row.version}") for row in PACKAGED])
def test_the_function_of_a_release_has_the_zip_of_its_row(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (tools.folder() / "node").exists():
        missing("Node.js is not set up: run `make setup`.")
    if USERS_CACHE is None:
        monkeypatch.delenv("XDG_CACHE_HOME")
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", USERS_CACHE)
    script = contract.read_contract(ROOT, row.module, row).package
    assert script
    assert build_and_hash(ROOT, row.module, row.commit, script) == row.zip_sha256


def test_the_ledger_has_a_function() -> None:
    """Without one the test above would prove nothing."""
    assert PACKAGED
