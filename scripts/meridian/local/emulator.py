"""The process of a local AWS: `python -m meridian.local.emulator FOLDER TOKEN`, started by child.py."""

import json
import os
import sys
from pathlib import Path

from meridian import files
from meridian.local import lost_patches, patches, routing_patches

RECORD = "process.json"


def main(folder: Path, token: str) -> None:
    """Serve until SIGTERM, then save; all settings come from the environment.

    The record in `folder` is removed at an orderly end: one without a process means a crash or a kill.
    """
    record = folder / RECORD
    files.write_file(record, json.dumps({"pid": os.getpid(), "token": token}))
    patches.apply_patches()
    routing_patches.apply_routing(folder, int(os.environ["GATEWAY_PORT"]))
    lost_patches.apply_lost(folder)
    from ministack import app

    # MiniStack parses the command line; ours is not for it.
    sys.argv = ["ministack"]
    app.main()
    record.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
