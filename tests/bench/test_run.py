"""The benchmark of runs: the page, the plot, the one root and the measurement; the runs themselves take an hour."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import one_root, plot, run, tree
from bench.tree import Usage
from meridian.errors import OperationFailed
from meridian.inventory.load import load_inventory
from meridian.paths import INVENTORY
from meridian.targets import Target


@pytest.fixture
def target(example: Path, tmp_path: Path) -> Target:
    """Environment dev of the example, in a folder of its own."""
    inventory = load_inventory(example / INVENTORY)
    for name in ("live", "modules"):
        (tmp_path / name).symlink_to(example / name)
    return Target("local", tmp_path, inventory.environment("dev"), inventory.repository, "http://127.0.0.1:1")


def test_what_was_measured_is_written_also_before_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The median of the rounds, and the ratio to Terragrunt with our settings."""
    seconds = iter([10.0, 12.0, 20.0, 24.0])

    def measure(regions: int) -> Iterator[tuple[run.Key, Usage]]:
        assert regions == 2
        try:
            yield (run.PLAN, run.PLAIN), Usage(next(seconds), 5.0, 600.0)
            yield (run.PLAN, run.OURS), Usage(next(seconds), 10.0, 700.0)
        except StopIteration:
            raise OperationFailed("no") from None

    monkeypatch.setattr(run, "_measure_once", measure)
    with pytest.raises(OperationFailed):
        run.main(["--rounds", "3", "--sizes", "2", "--out", str(tmp_path)])
    page = (tmp_path / "run.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| 2 ")]
    assert rows == [
        "| 2 | 5 | plan, one region changed | Terragrunt, our settings | 15.0 | 5.0 | 600 |  |  |",
        "| 2 | 5 | plan, one region changed | Meridian | 18.0 | 10.0 | 700 | 1.20 | 2.00 |",
    ]
    assert "2 round(s) at 2 regions" in page
    assert "![2 regions, 5 units: seconds](run-2.svg)" in page
    assert (tmp_path / "run-2.svg").is_file()


def test_the_plot_has_a_bar_for_each_value() -> None:
    """As long as its value says."""
    root = ET.fromstring(plot.draw("a < b", {"plan": {"one": 10.0, "other": 5.0}, "apply": {"one": 0.0}}))
    name = "{http://www.w3.org/2000/svg}"
    widths = [int(bar.get("width", "0")) for bar in root.iter(f"{name}rect")][1:]
    assert widths[0] == 2 * widths[1]
    assert widths[2] == 1
    assert next(text.text for text in root.iter(f"{name}text")) == "a < b"


def test_the_one_root_has_every_unit_as_a_module(target: Target, require_tool: Callable[[str], Path]) -> None:
    """What a unit reads comes from the module of that unit; Terraform accepts the text."""
    folder = one_root.write(target)
    text = (folder / "main.tf").read_text(encoding="utf-8")
    assert re.findall(r'^module "(.+)"', text, re.MULTILINE) == [
        *("eu_west_1_compute", "eu_west_1_data", "us_east_1_compute", "us_east_1_data", "us_east_1_identity")
    ]
    assert "module.eu_west_1_data.table_name" in text
    assert text.count("issuer = module.us_east_1_identity.issuer") == 2
    assert "dependency." not in text
    terraform = [str(require_tool("terraform")), "fmt", "-"]
    subprocess.run(terraform, input=text, text=True, check=True, capture_output=True)


def test_a_measurement_counts_the_children(tmp_path: Path) -> None:
    """Their CPU and memory, and a failure is none."""
    child = "import time; x = bytearray(80_000_000); t = time.process_time()\nwhile time.process_time() - t < 0.7: pass"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    usage = tree.measure([sys.executable, "-c", script], tmp_path, os.environ, tmp_path / "log")
    assert usage.seconds > 0.6
    assert usage.cpu > 0.6
    assert usage.megabytes > 80
    with pytest.raises(OperationFailed, match="exited with 3"):
        tree.measure([sys.executable, "-c", "exit(3)"], tmp_path, os.environ, tmp_path / "log")
