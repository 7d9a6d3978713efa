"""The process of a local AWS: `python -m meridian.local.emulator FOLDER TOKEN`, started by child.py."""

import os
import sys
from pathlib import Path

from meridian.local import locks, patches

RECORD = "process.json"


def main(folder: Path, token: str) -> None:
    """Serve until SIGTERM, then save; all settings come from the environment.

    Holds the record in `folder` while this process lives.
    """
    with locks.record(folder / RECORD, {"pid": os.getpid(), "token": token}):
        patches.apply_patches()
        from ministack import app

        # MiniStack parses the command line; ours is not for it.
        sys.argv = ["ministack"]
        app.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
