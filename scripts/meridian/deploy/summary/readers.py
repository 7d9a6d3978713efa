"""Which unit reads which output of which other, as the rendered tree says."""

import posixpath
import re
from pathlib import Path

from meridian.render.plan import UNIT

_DEPENDENCY = re.compile(r'^dependency "([^"]+)" \{\s*config_path = "([^"]+)"', re.MULTILINE)
_OUTPUT = re.compile(r"\bdependency\.([A-Za-z0-9_-]+)\.outputs\.([A-Za-z0-9_]+)")


def find_readers_of_outputs(live: Path) -> dict[tuple[str, str], list[str]]:
    """Return the units that read an output, by (unit, output); `live` is the environment's folder."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in sorted(live.glob(f"*/*/{UNIT}")):
        reader = file.parent.relative_to(live).as_posix()
        text = file.read_text(encoding="utf-8")
        units = {name: posixpath.normpath(f"{reader}/{path}") for name, path in _DEPENDENCY.findall(text)}
        for name, output in sorted(set(_OUTPUT.findall(text))):
            if name in units:
                found.setdefault((units[name], output), []).append(reader)
    return found
