"""`meridian --help`, the first thing that a new user reads."""

import pytest
import typer

from meridian.cli import app, main

COMMANDS = sorted(typer.main.get_group(app).commands)


def test_every_command_is_told_in_one_whole_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.rstrip().splitlines()
    told = lines[lines.index("Commands:") + 1 :]
    assert sorted(line.split()[0] for line in told) == COMMANDS
    assert [line for line in told if line.endswith("...") or not line.endswith(".")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    _, example, said = " ".join(capsys.readouterr().out.split()).partition("Example: ")
    assert example
    assert f"meridian {command}" in said
