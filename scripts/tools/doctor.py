"""`make doctor`: show which tools are installed and which are missing; works before set-up too."""

import sys

import guard


def run(root):
    from pathlib import Path

    from meridian.toolchain.doctor import run

    return run(Path(root), "--json" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run(guard.start()))
