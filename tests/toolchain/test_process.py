"""Long-running programs print progress and stop when set-up stops."""

from pathlib import Path

import pytest

from meridian.errors import OperationFailed
from meridian.toolchain import process
from tests.toolchain import fakes

ENVIRON = {"PATH": "/bin"}


def test_progress_is_printed_while_a_program_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "TICK_SECONDS", 0.2)
    program = fakes.program(tmp_path, "slow", "echo first; echo second; sleep 0.5; echo last")
    process.run([program], title="a build", environ=ENVIRON)
    assert "   a build, 0 s: second\n" in capsys.readouterr().err


def test_a_failure_shows_the_last_lines(tmp_path: Path) -> None:
    program = fakes.program(tmp_path, "broken", "i=0; while [ $i -lt 50 ]; do echo line $i; i=$((i+1)); done; exit 3")
    with pytest.raises(OperationFailed) as failed:
        process.run([program], title="a build", environ=ENVIRON, hint="do this")
    assert "a build failed: broken exited with 3" in failed.value.message
    assert "line 49" in failed.value.message
    assert "line 30\n" not in failed.value.message
    assert failed.value.hint == "do this"
