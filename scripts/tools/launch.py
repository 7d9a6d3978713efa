"""Start the command line from a script, with whichever Python started the script."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def meridian(command):
    """Run `meridian COMMAND` with the arguments of this script and end with its code; exit 2 without set-up."""
    program = os.path.join(ROOT, ".venv", "bin", "meridian")
    try:
        sys.exit(subprocess.call([program, command] + sys.argv[1:]))
    except OSError:
        sys.stderr.write("error: Meridian is not set up in this checkout.\n  Run `make setup`.\n")
        sys.exit(2)
