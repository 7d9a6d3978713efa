"""No step that cannot be undone runs without the environment's name."""

import io
import sys
from pathlib import Path

import pytest

from meridian.cli import main
from meridian.deploy.confirm import require_name
from meridian.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


class Terminal(io.StringIO):
    """Standard input as a person's terminal."""

    def isatty(self) -> bool:
        """A terminal says yes."""
        return True


def test_only_the_right_name_is_accepted() -> None:
    require_name("dev", "dev", "This destroys everything.")
    with pytest.raises(UserError, match="'prod' is not the environment's name"):
        require_name("dev", "prod", "This destroys everything.")


def test_without_a_terminal_nothing_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("dev\n"))
    with pytest.raises(UserError, match="not a terminal") as refused:
        require_name("dev", "", "This destroys everything.")
    assert refused.value.hint == "Add --confirm dev."


def test_only_the_name_itself_counts_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for typed in ("\n", "y\n", "DEV\n"):
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        with pytest.raises(UserError):
            require_name("dev", "", "This destroys everything.")
    monkeypatch.setattr(sys, "stdin", Terminal("dev\n"))
    require_name("dev", "", "This destroys everything.")


def test_a_protected_environment_is_refused_even_when_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The guard comes before everything that talks to AWS."""
    assert main(["destroy", "prod", "--target", "local", "--confirm", "prod", "--root", str(ROOT)]) == 2
    assert "prod is protected" in capsys.readouterr().err
