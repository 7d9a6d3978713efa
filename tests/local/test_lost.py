"""A region that was taken away comes back by itself."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from meridian.inventory.regions import partitions
from meridian.local.lost import EDGE, FILE, TABLES, lost_region, take_away
from meridian.local.regions import address


def test_a_region_is_away_inside_the_block_only(tmp_path: Path) -> None:
    """Also after an exception."""
    with suppress(KeyboardInterrupt), take_away(tmp_path, "eu-west-1"):
        assert lost_region(tmp_path) == "eu-west-1"
        raise KeyboardInterrupt
    assert lost_region(tmp_path) is None


def test_the_tables_of_a_region_are_not_the_region(tmp_path: Path) -> None:
    """Its listener stays open while its tables are taken away, and the other way round."""
    with take_away(tmp_path, "eu-west-1", TABLES):
        assert (lost_region(tmp_path), lost_region(tmp_path, TABLES)) == (None, "eu-west-1")
    with take_away(tmp_path, "eu-west-1"):
        assert (lost_region(tmp_path), lost_region(tmp_path, TABLES)) == ("eu-west-1", None)


def test_the_edge_is_no_region(tmp_path: Path) -> None:
    """Its region stays."""
    with take_away(tmp_path, "us-east-1", EDGE):
        assert (lost_region(tmp_path), lost_region(tmp_path, TABLES)) == (None, None)
        assert lost_region(tmp_path, EDGE) == "us-east-1"


def test_a_region_is_back_when_its_drill_was_killed(tmp_path: Path) -> None:
    """The file stays, the process does not."""
    code = "import sys,time; from pathlib import Path; from meridian.local.lost import take_away\n"
    code += "with take_away(Path(sys.argv[1]), 'eu-west-1'): print('away', flush=True); time.sleep(60)"
    drill = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert drill.stdout is not None
    assert drill.stdout.readline() == "away\n"
    assert lost_region(tmp_path) == "eu-west-1"
    drill.kill()
    drill.wait()
    assert (tmp_path / FILE).is_file()
    assert lost_region(tmp_path) is None


ME = psutil.Process()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps({"what": "region", "region": "eu-west-1", "pid": ME.pid, "created": ME.create_time() - 1}),
        json.dumps({"what": "region", "region": "eu-west-1", "pid": "x", "created": 1}),
    ],
    ids=["empty", "list", "map", "recycled", "text"],
)
def test_a_file_that_says_nothing_takes_nothing_away(tmp_path: Path, content: str) -> None:
    """A recycled process id counts as gone."""
    (tmp_path / FILE).write_text(content)
    assert lost_region(tmp_path) is None


def test_every_region_has_an_address_of_its_own() -> None:
    """It does not depend on the environment."""
    addresses = {address(region) for region in partitions()}
    assert len(addresses) == len(partitions())
    assert all(one.startswith("127.0.1.") for one in addresses)
    with pytest.raises(ValueError, match="not in list"):
        address("eu-nowhere-1")
