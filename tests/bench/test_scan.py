"""The benchmark of the gate scans the same plans in both ways, or fails."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import measure, plans, scan
from bench.measure import Cost
from meridian.errors import OperationFailed
from meridian.plans.saved import Plans


def test_an_environment_of_eight_regions_has_a_plan_for_each_unit(tmp_path: Path) -> None:
    """One has an open route; the pool stays in the primary region, and everything else is in its own."""
    target = plans.make(tmp_path, 8)
    assert len(plans.names(target)) == 17
    texts = {name: (Plans(target).folder / name / "tfplan.json").read_text() for name in plans.names(target)}
    routes = {name: json.loads(text) for name, text in texts.items() if name.endswith("/compute")}
    kinds = {
        name: [
            one["values"]["authorization_type"]
            for one in plan["planned_values"]["root_module"]["resources"]
            if one["address"] == plans.OPEN[1]
        ]
        for name, plan in routes.items()
    }
    assert [name for name, found in kinds.items() if found != ["JWT"]] == [plans.SEEDED]
    assert len({region for region in plans.REGIONS if texts[f"{region}/data"].count(region) > 50}) == 8
    assert all(plans.ISSUER in texts[f"{region}/compute"] for region in plans.REGIONS)


def test_a_command_that_takes_too_long_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "LIMIT_SECONDS", 0.2)
    with pytest.raises(subprocess.CalledProcessError):
        measure.run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path)


@pytest.mark.parametrize(
    ("own", "other"),
    [
        (set(), set()),
        ({(plans.SEEDED, *plans.OPEN)}, set()),
        ({(plans.SEEDED, *plans.OPEN)}, {(plans.SEEDED, *plans.OPEN), ("a/b", "CKV_AWS_7", "x.y")}),
    ],
    ids=["nothing found", "found by one", "more found by one"],
)
def test_different_findings_are_not_compared(own: plans.Found, other: plans.Found) -> None:
    with pytest.raises(OperationFailed):
        scan.require_same(own, other)


@pytest.mark.slow
def test_the_benchmark_writes_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways find the open route, and each has a row."""
    monkeypatch.setattr(scan, "scan_modules", lambda: Cost(1.0, 1.0))
    assert scan.main(["--regions", "1", "--out", str(tmp_path)]) == 0
    table = (tmp_path / "scan.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines() if line.startswith("| ")]
    assert rows == [["units", "how"], *(["3", name] for name in (scan.OURS, scan.ONE, scan.MANY))]


def test_a_program_that_fails_ends_the_benchmark_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-c", "print('no room'); raise SystemExit(5)"]
    with pytest.raises(SystemExit, match="4"):
        measure.run_to_exit(lambda: int(measure.run(command, tmp_path).seconds))
    assert "exited with 5:\nno room" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="4"):
        measure.run_to_exit(lambda: len(measure.answer(*command)))
    assert measure.run(command, tmp_path, codes=(5,)).seconds > 0
