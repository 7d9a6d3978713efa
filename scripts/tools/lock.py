"""`make lock`: lock the Python packages."""

import sys

import guard


def run(root):
    from pathlib import Path

    from meridian.toolchain.lock import main

    return main(Path(root), sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run(guard.start()))
