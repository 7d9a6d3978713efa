"""What a verification says of all its findings together."""

import os

import pytest
from rich.console import Console

from meridian.errors import Exit
from meridian.verify import findings as outputs
from meridian.verify.findings import Finding, Status, failed, passed, skipped, unknown, verdict, worst

PASS, FAIL = passed("us-east-1", "status", "Fine."), failed("us-east-1", "refuse-empty", "Not fine.")
UNKNOWN, SKIP = unknown("us-east-1", "item", "Who knows."), skipped("us-east-1", "refuse-other-client", "Not here.")


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


@pytest.mark.parametrize("width", [80, 100])
def test_the_summary_fits_and_has_no_colours_in_a_pipe(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    """The longest region and status names fit into 80 columns."""
    rows = outputs.summarize([], {"ap-southeast-4": 12.0})
    Console(width=width).print(outputs.format_table(rows))
    shown = capsys.readouterr().out
    assert "ap-southeast-4  UNKNOWN  UNKNOWN  UNKNOWN  UNKNOWN   UNKNOWN     12.0" in shown
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 80


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
