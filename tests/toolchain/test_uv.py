"""uv: from PATH or installed by pip, with pip's index configuration."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.toolchain import tool, uv
from tests.toolchain import fakes

PINS = tool.read_pins(fakes.ROOT)
# Python with venv and pip: `pip install` writes where --target says.
PYTHON = """
echo "$@" >> "$FAKE_LOG"
case "$2 $3" in
  venv*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
  "pip config") echo "global.index-url='https://pip.example.com'" ;;
  "pip install") while [ "$1" != --target ]; do shift; done; mkdir -p "$2/bin"; touch "$2/bin/uv" ;;
esac
"""
LISTING = """\
:env:.cert='/etc/certs/ca.pem'
global.index-url='https://packages.example.com/simple'
global.extra-index-url='\\nhttps://one.example.com/simple\\nhttps://two.example.com/simple'
global.find-links='/wheels /more'
global.timeout='60'
install.index-url="https://install.example.com/simple"
download.index-url='https://download.example.com/simple'
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


def test_pips_configuration_becomes_uvs() -> None:
    assert uv.translate(LISTING) == {
        "SSL_CERT_FILE": "/etc/certs/ca.pem",
        "UV_DEFAULT_INDEX": "https://install.example.com/simple",
        "UV_EXTRA_INDEX_URL": "https://one.example.com/simple https://two.example.com/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_uvs_own_configuration_wins(tmp_path: Path, environ: dict[str, str]) -> None:
    python = fakes.program(tmp_path, "python", PYTHON)
    assert uv.uv_environ(environ, python)["UV_DEFAULT_INDEX"] == "https://pip.example.com"
    assert "UV_DEFAULT_INDEX" not in uv.uv_environ({**environ, "UV_INDEX_URL": "https://uv.example.com"}, python)
    (tmp_path / ".config/uv").mkdir(parents=True)
    (tmp_path / ".config/uv/uv.toml").touch()
    assert "UV_DEFAULT_INDEX" not in uv.uv_environ(environ, python)


def test_without_pip_there_is_no_configuration(tmp_path: Path, environ: dict[str, str]) -> None:
    for python in (fakes.program(tmp_path, "python", "exit 1"), tmp_path / "none"):
        assert "UV_DEFAULT_INDEX" not in uv.uv_environ(environ, python)


def test_uv_does_not_see_another_environment(tmp_path: Path, environ: dict[str, str]) -> None:
    foreign = {"VIRTUAL_ENV": "/other", "PYTHONPATH": "/other", "PYTHONDONTWRITEBYTECODE": "1"}
    assert not uv.uv_environ(environ | foreign, tmp_path / "none").keys() & foreign.keys()
