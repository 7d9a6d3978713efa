"""What the pages of all benchmarks have in common: the machine they were measured on, and how a benchmark ends."""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from meridian.errors import Exit, MeridianError


def machine(*versions: str) -> str:
    """Return a sentence about the machine, its load and the versions of what was measured."""
    load = os.getloadavg()[0]
    # TMPDIR says where; a busy disk measures itself.
    disk = said(["stat", "-f", "-c", "%T", tempfile.gettempdir()]) if sys.platform == "linux" else "disk"
    programs = ", ".join([f"Python {platform.python_version()}", *versions])
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"load {load:.1f} at the end, folders in {disk}, {programs}."
    )


def said(command: Sequence[str]) -> str:
    """Return what a command prints; CalledProcessError where it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def end(main: Callable[[], int]) -> None:
    """Run a benchmark and end the process with its exit code, an error told in a sentence."""
    try:
        sys.exit(main())
    except MeridianError as error:
        print(f"error: {error.message}\n  {error.hint}", file=sys.stderr)
        sys.exit(error.code)
    except subprocess.CalledProcessError as error:
        tail = error.output if isinstance(error.output, str) else (error.output or b"").decode(errors="replace")
        print(f"error: {' '.join(error.cmd[:4])} ended with {error.returncode}:\n{tail}", file=sys.stderr)
        sys.exit(Exit.FAILED)
