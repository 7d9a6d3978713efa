"""The summary as Markdown: nothing of a plan is rendered, and what does not fit is counted."""

from dataclasses import replace

from meridian.deploy.summary.dangers import Danger
from meridian.deploy.summary.markdown import LONGEST, format_markdown
from meridian.deploy.summary.rows import Line, OutputRow, Row
from meridian.deploy.summary.summary import Summary

ROW = Row(("eu-west-1",), "compute", "update", "a.b", (Line("x", "`1`", "<script>", forces_replacement=True),))
SUMMARY = Summary(
    "dev",
    dangers=(Danger(("eu-west-1",), "data", "MRD_CHANGE_001", "a.b would be <b>destroyed</b>."),),
    rows=(ROW, Row(("eu-west-1",), "compute", "create", "a.c", (Line("secret", "", "value"),))),
    outputs=(OutputRow(("eu-west-1",), "data", "arn", "old", "new", ("compute",)),),
)


def test_the_rows_are_escaped() -> None:
    text = format_markdown(SUMMARY)
    assert "### Dangerous changes: 1\n\n- eu-west-1: data: a\\.b would be \\<b\\>destroyed\\</b\\>\\.\n" in text
    assert "  - `x` `` `1` `` -> `<script>` **(forces the replacement)**\n" in text
    assert "- **create** eu-west-1: compute: `a.c`\n" in text
    assert "- eu-west-1: data: `arn` `old` -> `new`, read by compute\n" in text
    assert "value" not in text


def test_a_long_summary_is_cut_by_whole_rows_and_counted() -> None:
    rows = tuple(replace(ROW, address=f"a.b[{number}]", attributes=()) for number in range(5000))
    long = replace(SUMMARY, rows=rows)
    text = format_markdown(long, LONGEST)
    kept = text.count("- **update** eu-west-1: compute: `a.b[")
    assert LONGEST - 600 < len(text) <= LONGEST
    assert f"{5000 - kept} of 5000 under “Changes”, 1 of 1 under “Outputs that change”" in text
    assert "`meridian show dev`" in text
    assert format_markdown(long).count("a.b[") == 5000


def test_a_row_that_is_too_long_alone_is_left_out() -> None:
    huge = replace(ROW, attributes=(Line("x", "1", "y" * 70_000),))
    text = format_markdown(replace(SUMMARY, rows=(huge,)), LONGEST)
    assert "1 of 1 under “Changes”" in text
    assert "Dangerous changes: 1" in text
