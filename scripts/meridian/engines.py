"""Terraform and OpenTofu: what each is called, and whose provider it uses."""

import re
from dataclasses import dataclass

from meridian.paths import PROVIDER

LOCAL_LOCK = "opentofu.lock.hcl"
"""In .venv/tools: locks the copy of the provider on this machine, for OpenTofu on the local AWS."""
LOCK_VARIABLE = "MERIDIAN_PROVIDER_LOCK"
"""Names that file to the root file; set on the local AWS only."""


@dataclass(frozen=True)
class Engine:
    """What applies the modules: its name in the inventory and in texts, its program, registry and oldest version."""

    name: str
    title: str
    program: str
    registry: str
    oldest: str

    @property
    def provider(self) -> str:
        """The address of the AWS provider, as lock files and mirrors have it."""
        return f"{self.registry}/{PROVIDER}"


TERRAFORM = Engine("terraform", "Terraform", "terraform", "registry.terraform.io", "1.11.0")
OPENTOFU = Engine("opentofu", "OpenTofu", "tofu", "registry.opentofu.org", "1.12.0")
ENGINES = {engine.name: engine for engine in (TERRAFORM, OPENTOFU)}
LOCKED = re.compile(r'^provider "([^"]+)" \{\n\s*version\s*=\s*"([^"]+)"', re.MULTILINE)


def read_locked(lock: str) -> dict[str, str]:
    """Return the version of each provider in the text of a lock file, by its address."""
    return dict(LOCKED.findall(lock))
