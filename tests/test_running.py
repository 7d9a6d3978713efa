"""The lines of what runs: rewritten in place on a terminal, nothing at all elsewhere."""

import io

import pytest
from rich.console import Console

from meridian.running import RunningLines


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def rendered(lines: RunningLines) -> list[list[str]]:
    """Return the words of each line as it is now, without its seconds."""
    console = Console(file=io.StringIO(), width=60)
    with console.capture() as captured:
        console.print(lines.render())
    return [line.split()[2:] for line in captured.get().splitlines()]


def test_a_line_has_the_last_state_and_goes_when_its_work_ends() -> None:
    lines = RunningLines(Console(file=io.StringIO()))
    lines.set("eu-west-1/data", "Reading...")
    lines.set("us-east-1/data", "[red]x")
    lines.set("eu-west-1/data", "Creating...")
    assert rendered(lines) == [["eu-west-1/data", "Creating..."], ["us-east-1/data", "[red]x"]]
    lines.remove("eu-west-1/data")
    assert rendered(lines) == [["us-east-1/data", "[red]x"]]


def test_a_long_state_stays_in_one_line() -> None:
    lines = RunningLines(Console(file=io.StringIO()))
    lines.set("eu-west-1/data", "aws_x: " + "y" * 300)
    (line,) = rendered(lines)
    assert line[0] == "eu-west-1/data"
    assert len(" ".join(line)) < 60


def test_nothing_is_shown_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where a job asks for colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    lines = RunningLines(Console(file=stream))
    lines.start()
    lines.set("eu-west-1/data", "Creating...")
    assert not lines.shown
    lines.stop()
    assert stream.getvalue() == ""


def test_the_lines_are_gone_after_the_end() -> None:
    """What a terminal shows at the end is only what was printed above them."""
    stream = Terminal()
    console = Console(file=stream, width=60, _environ={"TERM": "xterm"})
    lines = RunningLines(console)
    lines.start()
    lines.set("eu-west-1/data", "Creating...")
    console.print("done")
    assert lines.shown
    lines.stop()
    assert "Creating..." in stream.getvalue()
    assert stream.getvalue().rstrip("\n").endswith("\x1b[2K")
