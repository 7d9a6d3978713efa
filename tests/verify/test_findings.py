"""The verdict of all findings, the lines and the summary."""

import os

import pytest

from meridian.errors import Exit
from meridian.verify.findings import COLUMNS, Finding, Reporter, Status, summarize, verdict

PASS = Finding(Status.PASS, "us-east-1", "status", "Fine.")
FAIL = Finding(Status.FAIL, "us-east-1", "refuse-empty", "Not fine.")
UNKNOWN = Finding(Status.UNKNOWN, "us-east-1", "item", "Not observed.")
SKIP = Finding(Status.SKIP, "us-east-1", "refuse-other-client", "Not here.")


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([PASS, SKIP], Exit.OK),
        ([PASS, UNKNOWN], Exit.UNKNOWN),
        ([PASS, UNKNOWN, FAIL], Exit.FINDINGS),
        ([SKIP], Exit.UNKNOWN),
        ([], Exit.UNKNOWN),
    ],
)
def test_the_verdict_is_that_of_the_worst(findings: list[Finding], code: Exit) -> None:
    """A run without a check is never green, and a SKIP alone is no check."""
    assert verdict(findings) is code


def test_the_summary_has_a_row_per_region_with_its_worst() -> None:
    """A column stands for all its rules; a rule without a finding is not green."""
    rows = summarize([PASS, FAIL, UNKNOWN, SKIP], {"us-east-1": 1.23, "eu-west-1": 4.0})
    east = {"greet": "UNKNOWN", "item": "UNKNOWN", "message": "UNKNOWN", "refusals": "FAIL", "routes": "UNKNOWN"}
    east["status"] = "PASS"
    assert rows == [
        {"region": "us-east-1"} | east | {"seconds": 1.2},
        {"region": "eu-west-1"} | dict.fromkeys(COLUMNS, "UNKNOWN") | {"seconds": 4.0},
    ]


@pytest.mark.parametrize("rule", ["edge", "edge-secret", "sign-in", "clean-up"])
def test_a_problem_is_in_a_column_whatever_its_rule(rule: str) -> None:
    """Else the table and the page would say PASS beside an exit code of 1."""
    found = [Finding(Status.PASS, "us-east-1", "status", "ok"), Finding(Status.FAIL, "us-east-1", rule, "no")]
    (row,) = summarize(found, {"us-east-1": 1.0})
    assert row["status"] == "FAIL"


def test_a_reader_that_leaves_does_not_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """`meridian verify dev | head -1` still checks and removes everything."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        reporter = Reporter(quiet=False)
        for finding in (PASS, FAIL):
            reporter.report(finding.region, finding.rule, finding.status, finding.sentence)
    assert reporter.findings == [PASS, FAIL]
