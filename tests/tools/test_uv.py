"""uv: from PATH, else by pip, else a sentence."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.toolchain import pins, uv
from tests.tools import fakes

PINS = pins.read(fakes.ROOT)
# Answers as `python -m pip` does; installs what it is told to where it is told to.
PIP = """
echo "$@" >> "$FAKE_LOG"
[ "$3" = install ] || exit 0
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/bin"; touch "$2/bin/uv"
"""


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine without uv."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return {"PATH": f"{tmp_path}/bin:/bin", "HOME": str(tmp_path), "FAKE_LOG": str(tmp_path / "log")}


def test_pip_installs_it_once_checked_by_hash(tmp_path: Path, environ: dict[str, str]) -> None:
    python = fakes.program(tmp_path, "python", PIP)
    first = uv.provide(fakes.ROOT, PINS, environ, python)
    assert first.path.is_relative_to(tmp_path / "cache")
    installs = [line for line in Path(environ["FAKE_LOG"]).read_text().splitlines() if " install " in line]
    assert len(installs) == 1
    assert "--require-hashes --no-deps" in installs[0]
    assert uv.provide(fakes.ROOT, PINS, environ, python).path == first.path
    assert Path(environ["FAKE_LOG"]).read_text().count(" install ") == 1


def test_one_that_is_too_old_is_not_used(tmp_path: Path, environ: dict[str, str]) -> None:
    fakes.program(tmp_path / "bin", "uv", fakes.UV, "0.4.30")
    found = uv.provide(fakes.ROOT, PINS, environ, fakes.program(tmp_path, "python", PIP))
    assert found.path.parent.parent.parent.name == PINS.uv


def test_without_uv_pip_and_venv_a_person_is_told_what_to_install(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(UserError) as refused:
        uv.provide(fakes.ROOT, PINS, environ, fakes.program(tmp_path, "python", "exit 1"))
    assert refused.value.message.startswith("Neither uv nor pip is there")
    assert "install" in refused.value.hint
