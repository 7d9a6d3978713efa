"""The benchmark of the gate scans the same plans in both ways, or fails."""

import sys
from pathlib import Path

import pytest

from bench import measure, plans, scan
from bench.measure import Cost
from meridian.errors import OperationFailed
from meridian.plans.saved import Plans


def test_an_environment_of_eight_regions_has_a_plan_for_each_unit(tmp_path: Path) -> None:
    """The pool stays in the primary region, and everything else is in its own."""
    target = plans.make(tmp_path, 8)
    assert len(plans.names(target)) == 17
    texts = {name: (Plans(target).folder / name / "tfplan.json").read_text() for name in plans.names(target)}
    assert len({region for region in plans.REGIONS if texts[f"{region}/data"].count(region) > 50}) == 8
    assert all(plans.ISSUER in texts[f"{region}/compute"] for region in plans.REGIONS)


@pytest.mark.parametrize(("own", "other"), [(set(), set()), ({("a/b", "CKV_AWS_7", "x.y")}, set())])
def test_different_findings_are_not_compared(own: plans.Found, other: plans.Found) -> None:
    with pytest.raises(OperationFailed, match="not comparable"):
        scan.require_same(own, other)


@pytest.mark.slow
def test_the_benchmark_writes_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways find the same, and each has a row."""
    monkeypatch.setattr(scan, "scan_modules", lambda: Cost(1.0, 1.0))
    assert scan.main(["--sizes", "1", "--out", str(tmp_path)]) == 0
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
    assert measure.run(command, tmp_path, codes=(5,)).seconds > 0
