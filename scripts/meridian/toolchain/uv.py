"""uv, the installer of Python packages: found on PATH or installed by pip, with pip's index configuration."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from meridian.console import step
from meridian.errors import OperationFailed, UserError
from meridian.toolchain import cache, process, tool

LOCKS = Path("scripts/tools")
# Variables that would make an installer work on another environment than the one that is named.
FOREIGN = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_SYSTEM_PYTHON", "UV_PROJECT_ENVIRONMENT")
PIP = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
# uv does not read pip's configuration, and many companies configure only pip.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
CONFIGURED = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_NO_INDEX", "UV_CONFIG_FILE")
SETTING = re.compile(r"^(global|install|:env:)\.([a-z-]+)=(['\"])(.*)\3$", re.MULTILINE)
HINT = "Check network, disk space and package index (`python3 -m pip config list`), then run `make setup` again."


@dataclass(frozen=True)
class Uv:
    """uv, the Python that it installs for, and the environment that it runs in."""

    path: Path
    python: Path
    environ: Mapping[str, str]

    def run(self, *arguments: str | Path, title: str, cwd: Path | None = None) -> None:
        """Run uv; OperationFailed with its last lines if it fails."""
        process.run([self.path, *arguments], title=title, environ=self.environ, cwd=cwd, hint=HINT)

    def sync(self, venv: Path, *locks: Path) -> None:
        """Install exactly the locked packages; the network is used only for those that the cache lacks."""
        sync: list[str | Path] = ["pip", "sync", "--require-hashes", "--compile-bytecode"]
        sync += ["--python", venv / "bin/python", *locks]
        try:
            self.run(*sync, "--offline", title="install and byte-compile packages from the cache")
        except OperationFailed:
            self.run(*sync, title="install and byte-compile packages")


def provide(root: Path, pins: Mapping[str, str], environ: Mapping[str, str], python: Path) -> Uv:
    """Return uv from PATH if it is recent enough, else the pinned one from the cache."""
    found, _ = tool.find_tool(tool.tools(pins)["uv"], environ)
    path = found.path if found else _install(root, pins["uv"], environ, python)
    return Uv(path, python, uv_environ(environ, python))


def uv_environ(environ: Mapping[str, str], python: Path) -> dict[str, str]:
    """Return the environment for uv: with pip's configuration, unless the user has configured uv itself."""
    ours = _own(environ) | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    # Start-up time counts: installs are byte-compiled in any case.
    ours.pop("PYTHONDONTWRITEBYTECODE", None)
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/"), ".config"))
    files = (home / "uv/uv.toml", Path("/etc/uv/uv.toml"))
    if any(environ.get(name) for name in CONFIGURED) or any(file.is_file() for file in files):
        return ours
    return translate(_pip_configuration(environ, python)) | ours


def translate(listing: str) -> dict[str, str]:
    """Return the output of `pip config list` as variables of uv."""
    found = {}
    # In the order of pip's precedence, the strongest last.
    for section in ("global", "install", ":env:"):
        for match in SETTING.finditer(listing):
            if match[1] == section and match[2] in UV_NAMES:
                comma = "," if match[2] == "find-links" else " "
                found[UV_NAMES[match[2]]] = comma.join(match[4].replace("\\n", " ").split())
    if "UV_EXTRA_INDEX_URL" in found:
        # As pip does, look in all of them; hashes keep a foreign file out.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in found.items() if value}


def _own(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in FOREIGN}


def _pip_configuration(environ: Mapping[str, str], python: Path) -> str:
    command = [str(python), "-m", "pip", "config", "list"]
    try:
        done = subprocess.run(
            command, env=_own(environ) | PIP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _install(root: Path, version: str, environ: Mapping[str, str], python: Path) -> Path:
    pip = _own(environ) | PIP

    @step(f"install uv {version} into the cache with pip")
    def build(folder: Path) -> None:
        boot = folder / "boot"
        try:
            process.run([python, "-m", "venv", boot], title="make a temporary environment with pip", environ=pip)
        except OperationFailed as error:
            raise UserError(
                f"uv is not on PATH, and this Python cannot install it: {error.message}",
                "Install uv, or the venv module of Python, e.g. `brew install uv` or `apt-get install python3-venv`.",
            ) from error
        lock = root / LOCKS / "wheels/uv.txt"
        process.run(
            [
                *(boot / "bin/python", "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile"),
                *("--only-binary", ":all:", "--target", folder, "-r", lock),
            ],
            title="install uv",
            environ=pip,
            hint=HINT,
        )
        cache.remove(boot)

    return cache.install("uv", version, build) / "bin/uv"
