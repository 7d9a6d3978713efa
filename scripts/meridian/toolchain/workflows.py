"""What looks at workflows: actionlint reads them, act runs them on this machine. From PATH, else built once."""

from collections.abc import Mapping
from pathlib import Path

from meridian.toolchain import catalog, gobuild
from meridian.toolchain.pins import Pins
from meridian.toolchain.uv import Uv

MODULE = "workflows"
ACT = "github.com/nektos/act"
ACTIONLINT = "github.com/rhysd/actionlint"
DISK_BYTES = 2_000_000_000


def provide(root: Path, name: str, pins: Pins, environ: Mapping[str, str], uv: Uv) -> Path:
    """Return the path of an `act` or an `actionlint` of the pinned version."""
    return gobuild.provide(root, programs(pins)[name], pins, environ, uv)


def programs(pins: Pins) -> dict[str, gobuild.Program]:
    """Return what can be built, by name."""
    return {
        "act": gobuild.Program(
            tool=catalog.act(pins),
            version=pins.act,
            module=MODULE,
            package=ACT,
            variable=f"main.version={pins.act}",
            takes="a minute on 2 idle cores",
            disk_bytes=DISK_BYTES,
        ),
        "actionlint": gobuild.Program(
            tool=catalog.actionlint(pins),
            version=pins.actionlint,
            module=MODULE,
            package=f"{ACTIONLINT}/cmd/actionlint",
            variable=f"{ACTIONLINT}.version={pins.actionlint}",
            takes="half a minute on 2 idle cores",
            disk_bytes=DISK_BYTES,
        ),
    }
