"""Refuse a Python that is too old; such a Python has to be able to parse this file."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def start(name):
    """Run `main` of a module with the repository's folder and the arguments; exit 2 if this Python is too old."""
    if sys.version_info < (3, 11):
        sys.stderr.write(
            "error: Python 3.11 or newer is needed, and %s is %d.%d.\n"
            "  Install a newer one, e.g. `apt-get install python3`, `brew install python` or `mise install python`,\n"
            "  or name it: make setup PYTHON=/path/to/python3.11\n" % ((sys.executable,) + tuple(sys.version_info[:2]))
        )
        sys.exit(2)
    from importlib import import_module
    from pathlib import Path

    sys.path.insert(0, os.path.join(ROOT, "scripts"))
    sys.exit(import_module(name).main(Path(ROOT), sys.argv[1:]))
