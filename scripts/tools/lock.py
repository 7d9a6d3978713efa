"""`make lock`: locks the Python packages anew. See scripts/meridian/toolchain/."""

import sys

import guard


def run(root):
    from pathlib import Path

    from meridian.toolchain.lock import main

    return main(Path(root), sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run(guard.start()))
