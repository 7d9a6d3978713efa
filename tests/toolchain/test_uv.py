"""uv: from PATH or installed by pip."""

from pathlib import Path

import pytest

from meridian.errors import OperationFailed, UserError
from meridian.toolchain import tool, uv
from tests.toolchain import fakes

PINS = tool.read_pins(fakes.ROOT)
# Python with venv and pip: `pip install` writes where --target says.
PYTHON = """
echo "$@" >> "$FAKE_LOG"
case "$2 $3" in
  venv*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
  "pip install") while [ "$1" != --target ]; do shift; done; mkdir -p "$2/bin"; touch "$2/bin/uv" ;;
esac
"""


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine without uv."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return {"PATH": f"{tmp_path}/bin:/bin", "HOME": str(tmp_path), "FAKE_LOG": str(tmp_path / "log")}


def test_pip_installs_it_once_checked_by_hash(tmp_path: Path, environ: dict[str, str]) -> None:
    python = fakes.program(tmp_path, "python", PYTHON)
    first = uv.provide(fakes.ROOT, PINS, environ, python)
    assert first.path.is_relative_to(tmp_path / "cache")
    assert uv.provide(fakes.ROOT, PINS, environ, python).path == first.path
    installs = [line for line in Path(environ["FAKE_LOG"]).read_text().splitlines() if " install " in line]
    assert len(installs) == 1
    assert "--require-hashes --no-deps" in installs[0]


def test_one_that_is_too_old_is_not_used(tmp_path: Path, environ: dict[str, str]) -> None:
    fakes.program(tmp_path / "bin", "uv", fakes.UV, "0.4.30")
    found = uv.provide(fakes.ROOT, PINS, environ, fakes.program(tmp_path, "python", PYTHON))
    assert found.path.parent.parent.parent.name == PINS["uv"]


def test_without_uv_and_venv_the_error_says_why_and_what_to_install(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(UserError) as refused:
        uv.provide(fakes.ROOT, PINS, environ, fakes.program(tmp_path, "python", "echo No space left; exit 1"))
    assert refused.value.message.startswith("uv is not on PATH")
    assert "No space left" in refused.value.message
    assert "apt-get install python3-venv" in refused.value.hint


def test_it_does_not_see_another_environment(tmp_path: Path, environ: dict[str, str]) -> None:
    fakes.program(tmp_path / "bin", "uv", fakes.UV, PINS["uv"])
    foreign = {"VIRTUAL_ENV": "/other", "PYTHONPATH": "/other", "PYTHONDONTWRITEBYTECODE": "1"}
    assert not uv.provide(fakes.ROOT, PINS, environ | foreign).environ.keys() & foreign.keys()


def test_a_failure_names_the_index_of_uv(tmp_path: Path, environ: dict[str, str]) -> None:
    """Companies often configure only pip, whose configuration uv does not read."""
    broken = uv.Uv(fakes.program(tmp_path, "uv", "echo no network; exit 1"), tmp_path, environ)
    with pytest.raises(OperationFailed, match="no network") as failed:
        broken.sync(tmp_path, tmp_path)
    assert "UV_DEFAULT_INDEX" in failed.value.hint
