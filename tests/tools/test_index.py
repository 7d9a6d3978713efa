"""The user's own index configuration is respected, whichever installer it was written for."""

from pathlib import Path

from meridian.toolchain import index
from tests.tools import fakes

LISTING = """\
:env:.cert='/etc/certs/ca.pem'
global.index-url='https://packages.example.com/simple'
global.extra-index-url='\\nhttps://one.example.com/simple\\nhttps://two.example.com/simple'
global.find-links='/wheels /more'
global.timeout='60'
install.index-url="https://install.example.com/simple"
download.index-url='https://download.example.com/simple'
"""


def test_pips_configuration_becomes_uvs() -> None:
    assert index.translate(index.read_settings(LISTING)) == {
        "SSL_CERT_FILE": "/etc/certs/ca.pem",
        "UV_DEFAULT_INDEX": "https://install.example.com/simple",
        "UV_EXTRA_INDEX_URL": "https://one.example.com/simple https://two.example.com/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_what_is_configured_for_uv_wins(tmp_path: Path) -> None:
    pip = fakes.program(tmp_path, "python", "echo \"global.index-url='https://pip.example.com'\"")
    home = {"HOME": str(tmp_path), "PATH": "/bin"}
    assert index.for_uv(home, pip)["UV_DEFAULT_INDEX"] == "https://pip.example.com"
    mine = {**home, "UV_INDEX_URL": "https://uv.example.com"}
    assert "UV_DEFAULT_INDEX" not in index.for_uv(mine, pip)
    (tmp_path / ".config/uv").mkdir(parents=True)
    (tmp_path / ".config/uv/uv.toml").touch()
    assert "UV_DEFAULT_INDEX" not in index.for_uv(home, pip)


def test_a_python_without_pip_configures_nothing(tmp_path: Path) -> None:
    assert index.pip_settings({"PATH": "/bin"}, fakes.program(tmp_path, "python", "exit 1")) == {}
    assert index.pip_settings({"PATH": "/bin"}, tmp_path / "none") == {}


def test_installers_do_not_see_another_environment(tmp_path: Path) -> None:
    foreign = {"VIRTUAL_ENV": "/other", "PYTHONPATH": "/other", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(tmp_path)}
    seen = index.for_uv(foreign, tmp_path / "none")
    assert not seen.keys() & {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    assert index.for_pip({**foreign, "PIP_REQUIRE_VIRTUALENV": "1"})["PIP_REQUIRE_VIRTUALENV"] == "0"
