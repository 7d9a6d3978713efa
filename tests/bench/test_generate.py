"""The benchmark of generate measures the same tree with every tool, or fails."""

from collections.abc import Callable
from pathlib import Path

import hcl2
import pytest

from bench import generate, peers, world
from meridian.inventory.load import load_inventory
from meridian.modules.library import Library


@pytest.mark.parametrize(("wanted", "units"), [(1, 3), (100, 100)])
def test_a_world_has_the_wanted_size(tmp_path: Path, wanted: int, units: int) -> None:
    """Its inventory is valid."""
    root = world.make(tmp_path / "world", wanted)
    inventory = load_inventory(root / "live/inventory.yaml", Library(root))
    assert abs(sum(2 * len(one.regions) + 1 for one in inventory.environments) - units) <= 2


def test_units_that_differ_are_named(tmp_path: Path) -> None:
    """Another text, a missing unit and one too many."""
    for path, text in {"a/x": "1", "b/x": "2", "d/x": "4"}.items():
        (tmp_path / "live" / path).mkdir(parents=True)
        (tmp_path / "live" / path / "terragrunt.hcl").write_text(text, encoding="utf-8")
    wanted = {f"{name}/x/terragrunt.hcl": text for name, text in {"a": "1", "b": "other", "c": "3"}.items()}
    assert peers.find_differences(tmp_path, wanted) == [f"{name}/x/terragrunt.hcl" for name in "bcd"]


@pytest.mark.slow
def test_the_benchmark_writes_a_table(tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    """Every tool writes the same bytes and has a row for each size; Terramate only if it is installed."""
    require_tool("terragrunt")
    assert generate.main(["--rounds", "1", "--sizes", "3", "9", "--out", str(tmp_path)]) == 0
    table = (tmp_path / "generate.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines() if line.startswith("| ")]
    names = ["Meridian", "Terragrunt", *(["Terramate"] if peers.find_terramate() else [])]
    assert rows == [["units", "tool"], *([size, name] for size in ("3", "9") for name in names)]
    assert ("It was not on PATH: not measured." in table) is (peers.find_terramate() is None)


def test_terramate_gets_the_same_texts(tmp_path: Path) -> None:
    """One stack per unit; HCL templates in a text are escaped."""
    root = peers.make_terramate(tmp_path / "world", {"dev/eu-west-1/web/terragrunt.hcl": 'a = "${b}"\n'})
    assert 'generate_file "terragrunt.hcl"' in (root / "root.tm.hcl").read_text(encoding="utf-8")
    text = (root / "live/dev/eu-west-1/web/stack.tm.hcl").read_text(encoding="utf-8")
    assert hcl2.loads(text)["globals"][0]["text"] == '"a = \\"$${b}\\"\\n"'
