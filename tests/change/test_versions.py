"""The matrix of modules and environments."""

from pathlib import Path
from typing import Any

import pytest

from meridian.cli import main
from tests.change.world import change, commit, released, report, write


def statuses(root: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Run the command, and return the cells of the kept report."""
    assert main(["versions", "--root", str(root)]) == 0
    return {(cell["module"], cell["environment"]): cell for cell in report(root, "versions")["modules"]}


def test_everything_is_level_after_the_first_release(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells = statuses(root)
    assert {cell["against_previous"] for cell in cells.values()} == {None, "level"}
    assert cells["web", "dev"] | {"working_tree": True, "version": "1.0.0"} == cells["web", "dev"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["module", "dev", "staging", "prod", "latest"]
    assert [line.split()[0] for line in lines[1:]] == ["store", "web"]
    assert lines[1].split() == ["store", "working", "tree", "=", "1.0.0", "1.0.0", "1.0.0", "1.0.0"]


def test_an_uncommitted_change_is_not_a_release(root: Path) -> None:
    write(root, "modules/web/new.tf", "")
    cell = statuses(root)["web", "dev"]
    assert (cell["version"], cell["state"]) == (None, "changes not committed")


def test_an_unreleased_change_is_ahead_of_every_release(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(root, "modules/web/main.tf", "function_name", "name")
    commit(root, "feat: another")
    cells = statuses(root)
    assert (cells["web", "dev"]["version"], cells["web", "dev"]["state"]) == (None, "unreleased changes")
    assert cells["web", "staging"]["against_previous"] == "behind"
    assert cells["web", "prod"]["against_previous"] == "level"
    assert "behind dev" in " ".join(capsys.readouterr().out.split())


def test_behind_and_ahead_go_by_releases(root: Path) -> None:
    change(root, "modules/web/main.tf", "function_name", "name")
    commit(root, "feat: another")
    released(root, "web", "1.10.0")
    change(root, "live/inventory.yaml", "web: 1.0.0\n", "web: 1.10.0\n")
    cells = statuses(root)
    assert cells["web", "dev"]["version"] == "1.10.0"
    assert cells["web", "staging"]["against_previous"] == "behind"
    assert cells["web", "prod"]["against_previous"] == "ahead"


def test_a_module_that_was_never_released_is_in_the_matrix(root: Path) -> None:
    write(root, "modules/alarm/unit.yaml", "placement: every_region\ninputs: {}\n")
    write(root, "modules/alarm/variables.tf", "")
    write(root, "modules/alarm/outputs.tf", "")
    commit(root, "feat: alarms")
    cells = statuses(root)
    assert cells["alarm", "dev"]["state"] == "never released"
    assert ("alarm", "staging") not in cells
