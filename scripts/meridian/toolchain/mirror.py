"""The AWS provider: a copy that is already on this machine, found by a bounded search."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from meridian.errors import UserError
from meridian.toolchain.cache import platform_name

VARIABLE = "MERIDIAN_PROVIDER_MIRROR"
VERSION = "5.100.0"
PROVIDER = Path("registry.terraform.io/hashicorp/aws")
USUAL = Path("/opt")
MOST_FOLDERS = 200

# Form: developer.hashicorp.com/terraform/cli/config/config-file, "Explicit Installation Method Configuration".
CONFIGURATION = """\
# Written by `make setup`: the AWS provider lies on this machine already.
provider_installation {{
  filesystem_mirror {{
    path    = {path}
    include = ["registry.terraform.io/hashicorp/aws"]
  }}
  direct {{
    exclude = ["registry.terraform.io/hashicorp/aws"]
  }}
}}
"""


def holds_provider(folder: Path) -> bool:
    """Return whether a folder is a mirror with our provider for this machine, unpacked or zipped."""
    name = platform_name()
    base = folder / PROVIDER
    zipped = base / f"terraform-provider-aws_{VERSION}_{name}.zip"
    unpacked = base / VERSION / name
    try:
        return zipped.is_file() or any(path.is_file() for path in unpacked.glob("terraform-provider-aws_v*"))
    except OSError:
        return False


def find(environ: Mapping[str, str], usual: Path = USUAL) -> Path | None:
    """Return the first mirror: the one that the variable names, else one in the usual places, else None.

    Raises UserError where the variable names a folder without the provider.
    """
    named = environ.get(VARIABLE)
    if named:
        if holds_provider(Path(named).expanduser()):
            return Path(named).expanduser().resolve()
        raise UserError(
            f"{VARIABLE}={named}: there is no AWS provider {VERSION} for {platform_name()}.",
            f"It must hold {PROVIDER}/{VERSION}/{platform_name()}/ or the zip of it; "
            "`terraform providers mirror DIR` makes such a folder.",
        )
    return next((folder.resolve() for folder in places(environ, usual) if holds_provider(folder)), None)


def places(environ: Mapping[str, str], usual: Path = USUAL) -> Iterator[Path]:
    """Yield the folders to look at: Terraform's implied mirrors, its plugin cache, and below /opt.

    Implied mirrors: developer.hashicorp.com/terraform/cli/config/config-file, "Implied Local Mirror Directories".
    """
    home = Path(environ.get("HOME") or Path.home())
    yield home / ".terraform.d/plugins"
    if sys.platform == "darwin":
        yield home / "Library/Application Support/io.hashicorp.terraform/plugins"
        yield Path("/Library/Application Support/io.hashicorp.terraform/plugins")
    else:
        yield Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "terraform/plugins"
        shared = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        yield from (Path(entry) / "terraform/plugins" for entry in shared.split(os.pathsep) if entry)
    if cached := environ.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(cached).expanduser()
    yield home / ".terraform.d/plugin-cache"
    yield from islice(_below(usual), MOST_FOLDERS)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the folders of a folder, then theirs, sorted, not following links out of it."""
    children = _folders(folder)
    yield from children
    for child in children:
        yield from _folders(child)


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def user_configuration(environ: Mapping[str, str]) -> Path | None:
    """Return the user's own Terraform configuration if it says how providers are installed, else None.

    That is a decision (a company's mirror, say) which ours must not replace. A file of ours, which
    `meridian env` names in a shell, is none.
    """
    home = Path(environ.get("HOME") or Path.home())
    own = Path(environ.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc")
    text = _text(own)
    if text.startswith(CONFIGURATION.splitlines()[0]):
        own = home / ".terraformrc"
        text = _text(own)
    decides = re.search(r'^\s*"?provider_installation"?\s*:?\s*[{\[]', text, re.MULTILINE)
    return own.resolve() if decides else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
