"""Terragrunt's log: milestones are lines of their own, and a unit's line stands while it runs."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from meridian.plans.progress import Progress
from meridian.running import RunningLines
from tests.test_running import Terminal

FOLDER = Path("/live/dev")


def entry(unit: str, message: str) -> str:
    """Return one line of the log."""
    return json.dumps({"time": "t", "level": "stdout", "working-dir": f"{FOLDER}/{unit}", "msg": message})


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines on stderr without their seconds."""
    return [line.partition(" s  ")[2] for line in capsys.readouterr().err.splitlines()]


def test_without_a_terminal_each_milestone_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    kept = io.StringIO()
    with Progress(kept, FOLDER) as progress:
        progress.line(entry("u/data", "aws_x.y: Creating..."))
        progress.line(entry("u/data", "\nApply complete! Resources: 1 added, 0 changed, 0 destroyed.\n"))
    assert said(capsys) == ["u/data: started", "u/data: Apply complete! Resources: 1 added, 0 changed, 0 destroyed."]
    assert "aws_x.y: Creating..." in kept.getvalue()


@pytest.mark.parametrize("last", ["No changes. Your infrastructure", "Apply complete! x", "Saved the plan to:\n/plan"])
def test_on_a_terminal_a_unit_has_a_line_until_it_is_done(capsys: pytest.CaptureFixture[str], last: str) -> None:
    """Only milestones remain, and what is logged after the end shows no line again."""
    running = RunningLines(Console(file=Terminal(), _environ={"TERM": "xterm"}))
    with Progress(io.StringIO(), FOLDER, _running=running) as progress:
        progress.line(entry("u/data", "aws_x.y: Reading..."))
        progress.line(entry("u/compute", "Plan: 1 to add, 0 to change.\naws_x.y: Creating..."))
        assert running.render().row_count == 2
        progress.line(entry("u/data", last))
        progress.line(entry("u/data", "later"))
        assert running.render().row_count == 1
    assert "u/data: started" not in said(capsys)
