"""How the command line reports errors."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from meridian import cli

ROOT = Path(__file__).resolve().parents[1]


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    """Run a command that raises, and return its exit code."""

    def raises(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("meridian.toolchain.command.run", raises)
    return cli.main(["doctor", "--root", str(ROOT)])


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC])
def test_errors_of_the_machine_are_exit_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    error = OSError(number, os.strerror(number), "/state/x")
    assert failing(monkeypatch, error) == 4
    assert capsys.readouterr().err.startswith(f"error: /state/x: {os.strerror(number)}.\n  This checkout")


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject"),
        EndpointConnectionError(endpoint_url="https://s3"),
    ],
)
def test_a_call_that_aws_refuses_is_exit_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    assert failing(monkeypatch, error) == 3
    said = capsys.readouterr().err
    assert said.startswith(f"error: AWS refused a call or did not answer: {error}\n  Run the command")


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "no", "/x"), KeyError("x")])
def test_bugs_are_exit_70(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, error: Exception
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert failing(monkeypatch, error) == 70
    assert "this is a bug in meridian" in capsys.readouterr().err
    assert "Traceback" in next(tmp_path.iterdir()).read_text()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_has_its_exit_code_and_the_next_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals, code: int
) -> None:
    monkeypatch.setattr("meridian.toolchain.command.run", lambda *_, **__: signal.raise_signal(number))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert cli.main(["doctor", "--root", str(ROOT)]) == code
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err.endswith(f"interrupted; to continue: `meridian doctor --root {ROOT}`\n")


def test_a_failed_env_fails_the_eval(tmp_path: Path) -> None:
    """Otherwise the shell would go on with the account that it knows."""
    script = f'eval "$({sys.executable} -m meridian env nowhere --root {ROOT} 2>/dev/null)" && echo went on'
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
