"""What a drill has taken away from the local AWS, while the drill lives: a region, its tables, or the edge."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from meridian import files

FILE = "lost.json"
REGION, TABLES, EDGE = "region", "tables", "edge"
"""What can be taken away: a region's APIs and its sign-in, its tables, or the edge whose unit is there."""


@contextmanager
def take_away(folder: Path, region: str, what: str = REGION) -> Iterator[None]:
    """Have the local AWS in `folder` refuse the calls of a region or its edge; it ends with this block or process."""
    path = folder / FILE
    me = psutil.Process()
    files.write_file(path, json.dumps({"what": what, "region": region, "pid": me.pid, "created": me.create_time()}))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def lost_region(folder: Path, what: str = REGION) -> str | None:
    """Return the region from which this is taken away now; None once the process that took it away is gone."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
        holder = psutil.Process(int(found["pid"]))
        alive = holder.create_time() == found["created"] and holder.status() != psutil.STATUS_ZOMBIE
        return str(found["region"]) if alive and found["what"] == what else None
    except (OSError, ValueError, TypeError, KeyError, psutil.Error):
        return None
