"""The last report of each command, kept in out/<command>.json for pipelines."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from meridian.errors import Exit
from meridian.paths import out_dir


def keep(root: Path, command: str, code: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write out/<command>.json at once and whole, and return what was written.

    The report is `body` after `command`, `exit_code` and `verdict` (the code's name in
    lower case): make turns every failure into 2, so pipelines read the verdict here.
    """
    report = {"command": command, "exit_code": int(code), "verdict": Exit(code).name.lower(), **body}
    folder = out_dir(root)
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{command}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(dumps(report))
    Path(name).replace(folder / f"{command}.json")
    return report


def dumps(report: Mapping[str, Any]) -> str:
    """Return the report as JSON text, the same for `--json` and for the kept file."""
    return json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n"
