"""The benchmark measures the same tree with both tools, or says that it does not."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import hcl2
import pytest

from bench import generate, measure, plot, stack, terramate, world
from meridian.inventory.load import load
from meridian.modules.library import Library


@pytest.mark.parametrize(("wanted", "units"), [(1, 3), (5, 5), (100, 100)])
def test_a_world_has_the_wanted_size(tmp_path: Path, wanted: int, units: int) -> None:
    """And is an inventory like any other."""
    root = world.make(tmp_path / "world", wanted)
    inventory = load(root / "live/inventory.yaml", Library(root))
    assert abs(sum(2 * len(one.regions) + 1 for one in inventory.environments) - units) <= 2


def test_units_that_differ_are_named(tmp_path: Path) -> None:
    """Another text, a missing unit and one that nobody asked for."""
    for path, text in {"a/x": "1", "b/x": "2", "d/x": "4"}.items():
        (tmp_path / "live" / path).mkdir(parents=True)
        (tmp_path / "live" / path / "terragrunt.hcl").write_text(text, encoding="utf-8")
    wanted = {f"{name}/x/terragrunt.hcl": text for name, text in {"a": "1", "b": "other", "c": "3"}.items()}
    assert stack.differences(tmp_path, wanted) == [f"{name}/x/terragrunt.hcl" for name in "bcd"]


def test_a_command_has_its_cost(tmp_path: Path) -> None:
    """Time and memory are its own."""
    cost = measure.run([sys.executable, "-c", "import time; time.sleep(0.2)"], tmp_path)
    assert 0.2 <= cost.seconds < 10
    assert 1 < cost.megabytes < 1_000


def test_a_plot_shows_every_series() -> None:
    """As SVG that parses, all points within."""
    text = plot.svg("a < b", {"one": [(100, 0.2), (10_000, 30)], "two": [(100, 0.3), (10_000, 1)]})
    root = ElementTree.fromstring(text)
    assert [node.text for node in root.iter() if node.text in {"a < b", "one", "two"}] == ["a < b", "one", "two"]
    numbers = [float(one) for one in re.findall(r"[\d.]+", " ".join(re.findall('points="([^"]*)"', text)))]
    assert all(0 <= number <= plot.WIDTH for number in numbers)


@pytest.mark.slow
def test_the_benchmark_writes_table_and_plot(tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    """Every tool writes the same units, byte for byte; a row a size and tool. Terramate only where it is installed."""
    require_tool("terragrunt")
    assert generate.main(["--rounds", "1", "--sizes", "3", "9", "--out", str(tmp_path)]) == 0
    table = (tmp_path / "generate.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines() if line.startswith("| ")]
    names = ["Meridian", "Terragrunt", *(["Terramate"] if terramate.command() else [])]
    assert rows == [["units", "tool"], *([size, name] for size in ("3", "9") for name in names)]
    assert ("It was not on PATH: not measured." in table) is (terramate.command() is None)
    ElementTree.parse(tmp_path / "generate.svg")


def test_terramate_is_asked_for_the_same_texts(tmp_path: Path) -> None:
    """A stack a unit; what HCL would read as its own is escaped."""
    root = terramate.make(tmp_path / "world", {"dev/eu-west-1/web/terragrunt.hcl": 'a = "${b}"\n'})
    assert 'generate_file "terragrunt.hcl"' in (root / "root.tm.hcl").read_text(encoding="utf-8")
    text = (root / "live/dev/eu-west-1/web/stack.tm.hcl").read_text(encoding="utf-8")
    assert hcl2.loads(text)["globals"][0]["text"] == '"a = \\"$${b}\\"\\n"'
