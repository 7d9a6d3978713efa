"""The outputs and the summary of a job: the next action, and the days left of each waiver."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from meridian import report
from meridian.errors import Exit
from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.report.outputs import Outputs
from meridian.gate.verdict import Scanned, Verdict
from meridian.gate.waivers import Waiver, sort_findings
from meridian.github.outputs import NEXT, outputs

FOUND = Finding(
    "CKV_AWS_7", "t", Severity.HIGH, "no rotation", "why", "fix", "modules/data/key.tf", 3, "data", (Place(),)
)
Written = Callable[..., tuple[list[str], str]]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Return a function that writes the outputs and the summary of a job, and returns both."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))

    def write(*commands: str) -> tuple[list[str], str]:
        assert outputs(list(commands), tmp_path) == 0
        return (tmp_path / "outputs").read_text().splitlines(), (tmp_path / "summary").read_text()

    return write


def test_a_waiver_s_last_day_and_the_days_left_are_in_the_summary(tmp_path: Path, written: Written) -> None:
    today = datetime.now(UTC).date()
    last = today + timedelta(days=12)
    found = sort_findings([FOUND], [Waiver("CKV_AWS_7", "The key goes.", 3, "data", owner="ops", expires=last)], today)
    verdict = Verdict([], found.accepted, [], [Scanned("modules/data", 1, 1)], Severity.MEDIUM)
    Outputs("dev", markdown=tmp_path / "out/scan.md").write(verdict)
    report.write_report(tmp_path, "scan", verdict.code, verdict.body())
    lines, summary = written("scan")
    assert lines == ["scan=ok"]
    assert "accepted by ops until " + str(last).replace("-", "\\-") + ", 12 days left: The key goes" in summary


@pytest.mark.parametrize("text", ["", "[]", '{"exit_code": 99}'])
def test_a_command_without_a_readable_report_is_unknown(tmp_path: Path, written: Written, text: str) -> None:
    report.write_report(tmp_path, "plan", Exit.OK, {})
    (tmp_path / "out/scan.json").write_text(text, encoding="utf-8")
    lines, summary = written("plan", "scan")
    assert lines == ["plan=ok", "scan=unknown"]
    assert "`meridian scan` wrote no report" in summary.replace("\\`", "`")
    assert f"**Next:** {NEXT['scan']}" in summary


@pytest.mark.parametrize(("value", "wanted"), [("needed", ["release=needed"]), ("none\nrelease=needed", [])])
def test_only_a_known_value_is_passed_to_other_jobs(
    tmp_path: Path, written: Written, value: str, wanted: list[str]
) -> None:
    """A line break in it would add an output."""
    report.write_report(tmp_path, "review", Exit.FINDINGS, {"release": value})
    assert written("review")[0] == ["review=findings", *wanted]
