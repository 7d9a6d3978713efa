"""`meridian --help` and the help of each command."""

import pytest
import typer

from meridian.cli import app, main

COMMANDS = sorted(typer.main.get_group(app).commands)


def test_help_lists_every_command_with_a_whole_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.rstrip().splitlines()
    listed = lines[lines.index("Commands:") + 1 :]
    assert sorted(line.split()[0] for line in listed) == COMMANDS
    assert [line for line in listed if line.endswith("...") or not line.endswith(".")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    _, example, text = " ".join(capsys.readouterr().out.split()).partition("Example: ")
    assert example
    assert f"meridian {command}" in text
