"""The process of a local AWS: `python -m meridian.local.emulator FOLDER TOKEN`, started by server.py."""

import os
import sys
from pathlib import Path

from meridian.local import locks, patches

RECORD = "process.json"


def main(folder: Path, token: str) -> None:
    """Serve until SIGTERM, then save; all settings come through the environment.

    The record in `folder` is held for as long as this process lives.
    """
    with locks.record(folder / RECORD, {"pid": os.getpid(), "token": token}):
        patches.apply()
        from ministack import app

        # MiniStack reads its own options from the command line, and has none of ours.
        sys.argv = ["ministack"]
        app.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
