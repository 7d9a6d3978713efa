"""The pinned tools that set-up linked into the virtual environment, and how to run with them."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from meridian.engines import LOCAL_LOCK, OPENTOFU, TERRAFORM, Engine
from meridian.errors import UserError

PARALLELISM = "TG_PARALLELISM"


def folder() -> Path:
    """Return the folder of links to terraform or tofu, terragrunt, node and npm made by `make setup`."""
    return Path(sys.prefix) / "tools"


def is_set_up(name: str) -> bool:
    """Return whether set-up linked a tool."""
    return (folder() / name).exists()


def path(name: str) -> Path:
    """Return the path of a tool; raises UserError with the command that installs it."""
    tool = folder() / name
    if not tool.exists():
        raise UserError(
            f"{name} is not set up for this checkout.", "Run `make setup`; `meridian doctor` shows the rest."
        )
    return tool


def variables(base: Mapping[str, str], engine: Engine = TERRAFORM, *, local: bool = False) -> dict[str, str]:
    """Return the variables with which Terragrunt and an engine use the pinned tools."""
    search = [str(folder()), str(Path(sys.prefix) / "bin")]
    inherited = [entry for entry in base.get("PATH", os.defpath).split(os.pathsep) if entry not in search]
    ours = {
        "PATH": os.pathsep.join(search + inherited),
        "TG_NON_INTERACTIVE": "true",
        "TG_NO_TIPS": "true",
        "TG_STRICT_MODE": "true",
        PARALLELISM: units_at_once("plan", base),
        "CHECKPOINT_DISABLE": "1",
        # Terraform and the provider live for seconds; the limit keeps memory bounded.
        "GOGC": base.get("GOGC", "off"),
        "GOMEMLIMIT": base.get("GOMEMLIMIT", "1GiB"),
    }
    return ours | _provider_variables(engine, local=local)


def _provider_variables(engine: Engine, *, local: bool) -> dict[str, str]:
    """Return the variables that say where the provider comes from."""
    configuration = folder() / ("tofurc" if engine is OPENTOFU else "terraformrc")
    # A copy from Terraform's registry is not what OpenTofu's lock files name.
    foreign = engine is OPENTOFU and (folder() / LOCAL_LOCK).exists()
    if not configuration.exists() or (foreign and not local):
        # OpenTofu has a cache of its own, which Terragrunt turns on.
        return {"TG_PROVIDER_CACHE": "1"} if engine is TERRAFORM else {}
    ours = {"TF_CLI_CONFIG_FILE": str(configuration)}
    if not configuration.is_symlink():
        # Our own mirror may be the user's plugin cache: Terraform cannot install a folder into itself.
        ours["TF_PLUGIN_CACHE_DIR"] = ""
        if engine is OPENTOFU:
            ours["TG_NO_AUTO_PROVIDER_CACHE_DIR"] = "true"
    return ours


def units_at_once(verb: str, base: Mapping[str, str]) -> str:
    """Return how many units Terragrunt works on at a time, unless the caller's TG_PARALLELISM says it.

    Each unit starts a provider of its own, so more plans than cores are slower. An apply mostly waits for AWS.
    """
    cores = os.cpu_count() or 2
    return base.get(PARALLELISM, str(2 * cores if verb == "apply" else cores))
