"""The verdict of all findings, the lines and the summary."""

import os

import pytest
from rich.console import Console

from meridian.errors import Exit
from meridian.verify import findings as outputs
from meridian.verify.findings import Finding, Rule, Status, verdict, worst

PASS = Rule("us-east-1", "status").passed("Fine.")
FAIL = Rule("us-east-1", "refuse-empty").failed("Not fine.")
UNKNOWN = Rule("us-east-1", "item").unknown("Not observed.")
SKIP = Rule("us-east-1", "refuse-other-client").skipped("Not here.")


@pytest.mark.parametrize(
    ("findings", "code", "status"),
    [
        ([PASS], Exit.OK, Status.PASS),
        ([PASS, SKIP], Exit.OK, Status.PASS),
        ([PASS, UNKNOWN], Exit.UNKNOWN, Status.UNKNOWN),
        ([PASS, UNKNOWN, FAIL], Exit.FINDINGS, Status.FAIL),
        ([SKIP], Exit.UNKNOWN, Status.SKIP),
        ([], Exit.UNKNOWN, Status.UNKNOWN),
    ],
)
def test_the_verdict_is_that_of_the_worst(findings: list[Finding], code: Exit, status: Status) -> None:
    """Nothing checked is never green, and a SKIP alone is nothing checked."""
    assert verdict(findings) is code
    assert worst(findings) is status


def test_a_line_is_status_region_rule_and_sentence() -> None:
    """One line per finding, in columns."""
    assert outputs.format_line(PASS).plain == "PASS     us-east-1       status                  Fine."


def test_the_summary_has_a_row_per_region_with_its_worst() -> None:
    """A column stands for all its rules; a rule without a finding is not green."""
    rows = outputs.summarize([PASS, FAIL, UNKNOWN, SKIP], {"us-east-1": 1.23, "eu-west-1": 4.0})
    assert rows == [
        {
            "region": "us-east-1",
            "greet": "UNKNOWN",
            "item": "UNKNOWN",
            "message": "UNKNOWN",
            "refusals": "FAIL",
            "status": "PASS",
            "seconds": 1.2,
        },
        {"region": "eu-west-1"} | dict.fromkeys(outputs.COLUMNS, "UNKNOWN") | {"seconds": 4.0},
    ]


def test_the_summary_has_no_colours_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """A log shows words, not escape codes."""
    Console().print(outputs.format_table(outputs.summarize([], {"ap-southeast-4": 12.0})))
    shown = capsys.readouterr().out
    assert "ap-southeast-4  UNKNOWN  UNKNOWN  UNKNOWN  UNKNOWN   UNKNOWN     12.0" in shown
    assert "\x1b" not in shown


def test_a_reader_that_leaves_does_not_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """`meridian verify dev | head -1` still checks and removes everything."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        reporter = outputs.Reporter(quiet=False)
        reporter.report(PASS)
        reporter.report(FAIL)
    assert reporter.findings == [PASS, FAIL]
