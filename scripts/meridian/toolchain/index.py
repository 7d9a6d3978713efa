"""Where Python packages come from: the user's own configuration of pip, told to uv as well."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

# uv does not read pip's configuration (its documentation says so), and a company often configures pip alone.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
COMMA_SEPARATED = {"UV_FIND_LINKS"}
SETTING = re.compile(r"^(?P<section>[^=]*?)\.(?P<key>[a-z-]+)=(?P<quote>['\"])(?P<value>.*)(?P=quote)$")
SECTIONS = ("global", "install", ":env:")
# What would make an installer work on something else than what we name.
FOREIGN = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_SYSTEM_PYTHON", "UV_PROJECT_ENVIRONMENT")


def for_uv(environ: Mapping[str, str], python: Path) -> dict[str, str]:
    """Return the environment for uv; what is configured for uv itself always wins over pip's."""
    ours = {name: value for name, value in environ.items() if name not in FOREIGN}
    # Start-up time counts: installs are byte-compiled whatever the caller prefers for himself.
    ours.pop("PYTHONDONTWRITEBYTECODE", None)
    ours |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    if not configures_uv(environ):
        ours = translate(pip_settings(environ, python)) | ours
    return ours


def for_pip(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for pip, without what forbids it to install into a folder that we name."""
    ours = {name: value for name, value in environ.items() if name not in FOREIGN}
    return ours | {
        "PIP_USER": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def configures_uv(environ: Mapping[str, str]) -> bool:
    """Return whether the user told uv where packages come from."""
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/")) / ".config")
    files = (home / "uv/uv.toml", Path("/etc/uv/uv.toml"))
    names = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_NO_INDEX", "UV_CONFIG_FILE")
    return any(environ.get(name) for name in names) or any(file.is_file() for file in files)


def pip_settings(environ: Mapping[str, str], python: Path) -> dict[str, str]:
    """Return what pip itself says of its configuration, environment variables last; {} without pip."""
    try:
        answer = subprocess.run(
            [str(python), "-m", "pip", "config", "list"],
            env=for_pip(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return read_settings(answer.stdout) if answer.returncode == 0 else {}


def read_settings(listing: str) -> dict[str, str]:
    """Return the settings in the output of `pip config list`, the stronger section winning."""
    matches = [match for line in listing.splitlines() if (match := SETTING.match(line.strip()))]
    known = [match for match in matches if match["section"] in SECTIONS]
    known.sort(key=lambda match: SECTIONS.index(match["section"]))
    return {match["key"]: match["value"].replace("\\n", " ") for match in known}


def translate(settings: Mapping[str, str]) -> dict[str, str]:
    """Return pip's settings as the variables by which uv takes the same."""
    found = {UV_NAMES[key]: " ".join(value.split()) for key, value in settings.items() if key in UV_NAMES}
    for name in COMMA_SEPARATED & found.keys():
        found[name] = found[name].replace(" ", ",")
    if "UV_EXTRA_INDEX_URL" in found:
        # pip looks at all of them; every file is checked by hash, so none can slip in another.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in found.items() if value}
