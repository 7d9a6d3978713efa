"""The outputs of a job, and its summary: the next action, and the days left of each waiver."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from meridian import report
from meridian.errors import Exit
from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.github.outputs import NEXT, write_outputs
from meridian.gate.report.outputs import Outputs
from meridian.gate.verdict import Scanned, Verdict
from meridian.gate.waivers import Waiver, sort_findings

FOUND = Finding(
    "CKV_AWS_7", "t", Severity.HIGH, "no rotation", "why", "fix", "modules/data/key.tf", 3, "data", (Place(),)
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a job, whose files are empty."""
    return {"GITHUB_OUTPUT": str(tmp_path / "outputs"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}


def outputs_of(root: Path, environ: dict[str, str], *commands: str) -> tuple[list[str], str]:
    """Return the outputs of a job, and its summary."""
    assert write_outputs(root, commands, environ) == 0
    return (root / "outputs").read_text(encoding="utf-8").splitlines(), (root / "summary").read_text(encoding="utf-8")


def test_a_waiver_s_last_day_and_the_days_left_are_in_the_summary(tmp_path: Path, environ: dict[str, str]) -> None:
    today = datetime.now(UTC).date()
    last = today + timedelta(days=12)
    found = sort_findings([FOUND], [Waiver("CKV_AWS_7", "The key goes.", 3, "data", owner="ops", expires=last)], today)
    verdict = Verdict([], found.accepted, [], [Scanned("modules/data", 1, 1)], Severity.MEDIUM)
    Outputs("dev", markdown=tmp_path / "out/scan.md").write(verdict)
    report.write_report(tmp_path, "scan", verdict.code, verdict.body())
    outputs, summary = outputs_of(tmp_path, environ, "scan")
    assert outputs == ["scan=ok"]
    assert "accepted by ops until " + str(last).replace("-", "\\-") + ", 12 days left: The key goes" in summary


def test_a_command_that_left_no_report_is_unknown(tmp_path: Path, environ: dict[str, str]) -> None:
    report.write_report(tmp_path, "plan", Exit.OK, {})
    outputs, summary = outputs_of(tmp_path, environ, "plan", "scan")
    assert outputs == ["plan=ok", "scan=unknown"]
    assert "`meridian scan` wrote no report" in summary.replace("\\`", "`")
    assert f"**Next:** {NEXT['scan']}" in summary


@pytest.mark.parametrize("text", ["", "{", "[]", '{"exit_code": "x"}', '{"exit_code": 99}'])
def test_a_report_that_cannot_be_read_is_unknown(tmp_path: Path, environ: dict[str, str], text: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/review.json").write_text(text, encoding="utf-8")
    assert outputs_of(tmp_path, environ, "review")[0] == ["review=unknown"]


def test_only_a_known_value_is_passed_to_other_jobs(tmp_path: Path, environ: dict[str, str]) -> None:
    """A line break in it would add an output."""
    report.write_report(tmp_path, "review", Exit.FINDINGS, {"release": "none\nrelease=needed"})
    assert outputs_of(tmp_path, environ, "review")[0] == ["review=findings"]
    report.write_report(tmp_path, "review", Exit.FINDINGS, {"release": "needed"})
    assert outputs_of(tmp_path, environ, "review")[0][1:] == ["review=findings", "release=needed"]
