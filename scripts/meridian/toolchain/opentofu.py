"""OpenTofu's part of set-up: where it finds the AWS provider on this machine, and a lock file for that copy."""

import base64
import hashlib
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from meridian.engines import LOCAL_LOCK, OPENTOFU, TERRAFORM, Engine
from meridian.paths import INVENTORY
from meridian.toolchain import provider
from meridian.toolchain.cache import platform_name

NAME = "tofurc"
MIRROR = "opentofu-mirror"
CHOSEN = re.compile(r"""^engine\s*:\s*["']?opentofu["']?\s*(#.*)?$""", re.MULTILINE)
LOCK = """\
# Written by `make setup`: the copy of the provider on this machine, for the local AWS only.

provider "{address}" {{
  version     = "{version}"
  constraints = "{constraint}"
  hashes = [
    "{hash}",
  ]
}}
"""
# That of the modules: OpenTofu reports a lock file with another one as outdated.
CONSTRAINT = "~> 5.100"


def is_chosen(root: Path) -> bool:
    """Return whether the inventory says `engine: opentofu`; set-up runs before there is a YAML reader."""
    path = root / INVENTORY
    return path.is_file() and bool(CHOSEN.search(path.read_text(encoding="utf-8", errors="replace")))


def configure(tools: Path, environ: Mapping[str, str]) -> str:
    """Write what OpenTofu reads in the folder of tools, and return in words where the provider comes from.

    Its registry serves another build of the provider: a copy from Terraform's gets a lock file of its own, which
    only the local AWS uses.
    """
    (tools / LOCAL_LOCK).unlink(missing_ok=True)
    shutil.rmtree(tools / MIRROR, ignore_errors=True)
    choice = provider.choose_provider(environ, OPENTOFU)
    found = None if choice else provider.find_mirror(environ, TERRAFORM)
    if found:
        package = find_package(found, TERRAFORM)
        _link(tools / MIRROR, package)
        values = {"address": OPENTOFU.provider, "version": provider.VERSION, "constraint": CONSTRAINT}
        (tools / LOCAL_LOCK).write_text(LOCK.format(**values, hash=hash_package(package)), encoding="utf-8")
        choice = provider.configuration(tools / MIRROR, OPENTOFU)
    provider.write(tools, choice, NAME)
    return f"copy of Terraform's at {found}, for the local AWS only" if found else provider.describe_provider(choice)


def _link(mirror: Path, package: Path) -> None:
    """Link a provider to where OpenTofu looks for it in a mirror."""
    place = mirror / OPENTOFU.provider / ("" if package.is_file() else provider.VERSION)
    place.mkdir(parents=True)
    (place / package.name).symlink_to(package)


def find_package(mirror: Path, engine: Engine) -> Path:
    """Return the provider for this machine in a mirror: a zip file, or the folder of an unpacked one."""
    base = mirror / engine.provider
    zipped = base / f"terraform-provider-aws_{provider.VERSION}_{platform_name()}.zip"
    return zipped if zipped.is_file() else base / provider.VERSION / platform_name()


def hash_package(package: Path) -> str:
    """Return the `h1:` hash of a provider, as Terraform and OpenTofu write it in lock files."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(_digests(package)))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def _digests(package: Path) -> Iterator[tuple[str, str]]:
    """Yield name and SHA-256 of each file of a provider."""
    if package.is_file():
        with zipfile.ZipFile(package) as archive:
            for name in archive.namelist():
                with archive.open(name) as file:
                    yield name, _digest(file)
        return
    for path in package.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                yield path.relative_to(package).as_posix(), _digest(file)


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
