"""Terragrunt: from PATH, else built once."""

from collections.abc import Mapping
from pathlib import Path

from meridian.toolchain import catalog, gobuild
from meridian.toolchain.pins import Pins
from meridian.toolchain.uv import Uv

PACKAGE = "github.com/gruntwork-io/terragrunt"
MODULE = "go"
# Sources 2.5 GB and compiled packages 1.5 GB, measured; both go when the build is done.
DISK_BYTES = 5_000_000_000


def provide(root: Path, pins: Pins, environ: Mapping[str, str], uv: Uv) -> Path:
    """Return the path of a Terragrunt that fits."""
    program = gobuild.Program(
        tool=catalog.terragrunt(pins),
        version=pins.terragrunt,
        module=MODULE,
        package=PACKAGE,
        variable=f"{PACKAGE}/internal/version.Version=v{pins.terragrunt}",
        takes="5 minutes on 2 idle cores, and 5 GB meanwhile",
        disk_bytes=DISK_BYTES,
    )
    return gobuild.provide(root, program, pins, environ, uv)


def required_go(root: Path) -> str:
    """Return the Go version that the build asks for, e.g. 1.26."""
    return gobuild.required_go(root, MODULE)
