"""Start the command line from a script, with whichever Python started the script."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def meridian(command):
    """Run `meridian COMMAND` with the arguments of this script and exit as it does; exit 2 without set-up."""
    program = os.path.join(ROOT, ".venv", "bin", "meridian")
    try:
        child = subprocess.Popen([program, command] + sys.argv[1:])
    except OSError:
        sys.stderr.write("error: Meridian is not set up in this checkout.\n  Run `make setup`.\n")
        sys.exit(2)
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue  # The command gets Ctrl-C as well, and ends by itself.
