"""`meridian --help` and the help of each command."""

import pytest

from meridian.cli import COMMANDS, main, summary


def test_help_lists_every_command_with_a_whole_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    printed = " ".join(capsys.readouterr().out.partition("Commands:")[2].split())
    assert printed == " ".join(f"{name} {summary(name)}" for name in COMMANDS)
    assert [name for name in COMMANDS if not summary(name).endswith(".")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    _, example, text = " ".join(capsys.readouterr().out.split()).partition("Example: ")
    assert example
    assert f"meridian {command}" in text
