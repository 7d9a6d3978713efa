"""The last report of each command, kept in out/<command>.json for pipelines."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from meridian.errors import Exit, MeridianError
from meridian.paths import out_dir


def keep(root: Path, command: str, code: int, body: Mapping[str, Any], *, as_json: bool = False) -> None:
    """Write out/<command>.json at once and whole; with `as_json` the same text also goes to stdout.

    The report is `body` after `command`, `exit_code` and `verdict` (the code's name in
    lower case): make turns every failure into 2, so pipelines read the verdict here.
    """
    report = {"command": command, "exit_code": int(code), "verdict": Exit(code).name.lower(), **body}
    text = json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n"
    folder = out_dir(root)
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{command}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(folder / f"{command}.json")
    if as_json:
        sys.stdout.write(text)


@contextmanager
def begun(root: Path, command: str, about: Mapping[str, Any] | None = None, *, as_json: bool = False) -> Iterator[None]:
    """Keep a red report while a command runs, and its error where it ends with one.

    Whatever ends the run, an older green report does not outlive its beginning.
    """
    about = about or {}
    keep(root, command, Exit.UNKNOWN, {**about, "error": f"`meridian {command}` began and did not end."})
    try:
        yield
    except MeridianError as error:
        keep(root, command, error.code, {**about, "error": error.message, "hint": error.hint}, as_json=as_json)
        raise
