"""The AWS provider: a copy on this machine, and the Terraform configuration that uses it."""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from meridian.engines import ENGINES, OPENTOFU, TERRAFORM, Engine
from meridian.errors import UserError
from meridian.toolchain.cache import platform_name

VARIABLE = "MERIDIAN_PROVIDER_MIRROR"
VERSION = "5.100.0"
USUAL = Path("/opt")
NAME = "terraformrc"
# developer.hashicorp.com/terraform/cli/config/config-file, "Explicit Installation Method Configuration".
CONFIGURATION = """\
# Written by `make setup`: the AWS provider lies on this machine already.
provider_installation {{
  filesystem_mirror {{
    path    = {path}
    include = ["{provider}"]
  }}
  direct {{
    exclude = ["{provider}"]
  }}
}}
"""


def choose_provider(environ: Mapping[str, str], engine: Engine = TERRAFORM) -> str | Path | None:
    """Return what .venv/tools/terraformrc should be: our text, a link to the user's own file, or nothing.

    The variable comes first, then the user's own configuration, then a copy that is found.
    """
    own = None if environ.get(VARIABLE) else user_configuration(environ, engine)
    found = own or find_mirror(environ, engine)
    if own or found is None:
        return own
    return configuration(found, engine)


def configuration(mirror: Path, engine: Engine) -> str:
    """Return the text of a configuration that takes an engine's AWS provider from a mirror."""
    return CONFIGURATION.format(path=json.dumps(str(mirror), ensure_ascii=False), provider=engine.provider)


def describe_provider(choice: str | Path | None) -> str:
    """Return a choice in words."""
    if choice is None:
        return "no copy on this machine; Terragrunt downloads it once into its cache"
    if isinstance(choice, Path):
        return f"installed as your {choice} says"
    return f"copy at {choice.split('path    = ')[1].splitlines()[0]}"


def write(tools: Path, choice: str | Path | None, name: str = NAME) -> None:
    """Write, link or remove the configuration."""
    path = tools / name
    path.unlink(missing_ok=True)
    if isinstance(choice, Path):
        path.symlink_to(choice)
    elif choice:
        path.write_text(choice, encoding="utf-8")


def find_mirror(environ: Mapping[str, str], engine: Engine = TERRAFORM, usual: Path | None = None) -> Path | None:
    """Return a folder with an engine's provider: the one that the variable names, else one in the usual places.

    Raises UserError if the variable names a folder without the provider of any engine.
    """
    named = environ.get(VARIABLE)
    places = [Path(named).expanduser()] if named else list(_places(environ, usual or USUAL, engine))
    found = next((folder.resolve() for folder in places if _holds_provider(folder, engine)), None)
    if named and not any(_holds_provider(folder, one) for folder in places for one in ENGINES.values()):
        raise UserError(
            f"{VARIABLE}={named}: the AWS provider {VERSION} for {platform_name()} is not in this folder.",
            "Fill it with `terraform providers mirror DIR`, or unset the variable.",
        )
    return found


def user_configuration(environ: Mapping[str, str], engine: Engine = TERRAFORM) -> Path | None:
    """Return the user's configuration of an engine if it says how to install providers, else None.

    In a shell with the variables of `meridian env`, TF_CLI_CONFIG_FILE is our own file: that is skipped.
    """
    home = Path(environ.get("HOME", "/"))
    # OpenTofu prefers a file of its own.
    default = home / (".tofurc" if engine is OPENTOFU and (home / ".tofurc").is_file() else ".terraformrc")
    own = Path(environ.get("TF_CLI_CONFIG_FILE") or default)
    if _read(own).startswith(CONFIGURATION.splitlines()[0]):
        own = default
    decides = re.search(r'^\s*"?provider_installation"?\s*:?\s*[{\[]', _read(own), re.MULTILINE)
    return own.resolve() if decides else None


def _holds_provider(folder: Path, engine: Engine) -> bool:
    base, name = folder / engine.provider, platform_name()
    zipped = base / f"terraform-provider-aws_{VERSION}_{name}.zip"
    return zipped.is_file() or any((base / VERSION / name).glob("terraform-provider-aws_v*"))


def _places(environ: Mapping[str, str], usual: Path, engine: Engine) -> Iterator[Path]:
    # developer.hashicorp.com/terraform/cli/config/config-file, "Implied Local Mirror Directories".
    home = Path(environ.get("HOME", "/"))
    yield home / ".terraform.d/plugins"
    if sys.platform == "darwin":
        yield home / "Library/Application Support/io.hashicorp.terraform/plugins"
        yield Path("/Library/Application Support/io.hashicorp.terraform/plugins")
    else:
        yield Path(environ.get("XDG_DATA_HOME") or home / ".local/share", "terraform/plugins")
        shared = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        yield from (Path(entry, "terraform/plugins") for entry in shared.split(os.pathsep))
    if cached := environ.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(cached)
    yield home / ".terraform.d/plugin-cache"
    for depth in ("*", "*/*"):
        yield from (found.parents[2] for found in sorted(usual.glob(f"{depth}/{engine.provider}")))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
