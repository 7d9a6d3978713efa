"""`meridian lock`: the provider lock files follow the engine."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from meridian import files, tools
from meridian.change.provider_lock import require_lock
from meridian.console import step
from meridian.engines import Engine, read_locked
from meridian.errors import Exit, OperationFailed
from meridian.inventory.load import load_inventory
from meridian.options import HERE, RootOption
from meridian.paths import INVENTORY, PROVIDER_LOCK
from meridian.plans.terragrunt import first_lines
from meridian.targets import dropped_variables

PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64")
HASHES = re.compile(r"^\s*hashes\s*=\s*\[[^\]]*\]\n", re.MULTILINE)
HOST = re.compile(r'^(provider ")[^/"]+/', re.MULTILINE)
CONSTRAINTS = re.compile(
    r'^provider "[^/"]+/([^"]+)" \{\n\s*version\s*=\s*"[^"]+"\n\s*constraints\s*=\s*"([^"]+)"', re.M
)


def lock(root: RootOption = HERE) -> int:
    """Lock the provider for the engine that the inventory names.

    Replaces the lock file of each environment that is for the other engine. Versions stay; the hashes come from the
    engine's own registry, which has to be reachable.

    Example: meridian lock
    """
    with files.lock_folder(root / "live"):
        inventory = load_inventory(root / INVENTORY)
        made: dict[str, str] = {}
        for environment in inventory.environments:
            path = f"live/{environment.name}/{PROVIDER_LOCK}"
            before = require_lock(root, environment.name)
            if inventory.engine.provider in read_locked(before):
                print(f"unchanged  {path}")
                continue
            if before not in made:
                made[before] = _lock_again(before, inventory.engine)
            files.write_file(root / path, made[before])
            print(f"written  {path}")
    return Exit.OK


def _lock_again(before: str, engine: Engine) -> str:
    """Return a lock file with the versions of another, and with the hashes of the engine's registry.

    Raises OperationFailed if the registry does not answer, or has another version.
    """
    # Without hashes the engine keeps the version and records what its registry has.
    start = HOST.sub(rf"\g<1>{engine.registry}/", HASHES.sub("", before))
    with tempfile.TemporaryDirectory() as folder, step(f"lock the provider of {engine.registry}"):
        place = Path(folder, PROVIDER_LOCK)
        place.write_text(start, encoding="utf-8")
        Path(folder, "versions.tf").write_text(_requirements(before), encoding="utf-8")
        dropped = dropped_variables("aws", os.environ)
        environ = {name: value for name, value in os.environ.items() if name not in dropped}
        done = subprocess.run(
            [
                *(str(tools.path(engine.program)), "providers", "lock", "-no-color"),
                *(f"-platform={name}" for name in PLATFORMS),
            ],
            cwd=folder,
            env=environ | tools.variables(environ, engine),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        after = place.read_text(encoding="utf-8")
    if done.returncode:
        raise OperationFailed(
            f"{engine.title} could not lock the provider: {'; '.join(first_lines([done.stderr]))}",
            f"{engine.registry} has to be reachable: run `meridian lock` on a machine with a network and commit live/.",
        )
    if read_locked(after) != read_locked(start) or after.count('"h1:') < len(PLATFORMS):
        raise OperationFailed(f"{engine.title} locked another version, or not every platform; nothing was written.")
    return after


def _requirements(lock: str) -> str:
    """Return the code that requires what a lock file names, as the modules do."""
    found = [
        f'    {source.split("/")[1]} = {{\n      source  = "{source}"\n      version = "{versions}"\n    }}\n'
        for source, versions in CONSTRAINTS.findall(lock)
    ]
    return f"terraform {{\n  required_providers {{\n{''.join(found)}  }}\n}}\n"
