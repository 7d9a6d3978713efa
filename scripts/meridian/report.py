"""The last report of each command, kept in out/<command>.json for pipelines."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, cast

from meridian import files
from meridian.errors import Exit
from meridian.machine import known_error
from meridian.paths import out_dir

Given = ParamSpec("Given")


def write_report(root: Path, command: str, code: int, body: Mapping[str, Any], *, as_json: bool = False) -> None:
    """Write out/<command>.json, and with `as_json` the same text to stdout.

    The report holds `command`, `exit_code`, `verdict` (the code's name in lower case) and `body`.
    make turns every failure into 2, so pipelines read the verdict here.

    Raises UserError if out/ is not a folder.
    """
    report = {"command": command, "exit_code": int(code), "verdict": Exit(code).name.lower(), **body}
    text = json.dumps(report, indent=2, default=str) + "\n"
    files.write_file(out_dir(root) / f"{command}.json", text, 0o600)
    if as_json:
        sys.stdout.write(text)


def read_report(root: Path, command: str) -> Mapping[str, Any]:
    """Return the last report of a command with its `verdict`: unknown, with an error, if there is none."""
    try:
        found = json.loads((root / "out" / f"{command}.json").read_text(encoding="utf-8"))
        verdict = Exit(found["exit_code"]).name.lower()
    except (OSError, ValueError, KeyError, TypeError):
        return {"verdict": "unknown", "error": f"`meridian {command}` wrote no report."}
    return {**found, "verdict": verdict}


@contextmanager
def report_started(
    root: Path, command: str, about: Mapping[str, Any] | None = None, *, as_json: bool = False
) -> Iterator[None]:
    """Write an incomplete report first, so that an old green one never survives; write the error if one is raised."""
    about = about or {}
    write_report(root, command, Exit.UNKNOWN, {**about, "error": f"`meridian {command}` started and did not finish."})
    try:
        yield
    except Exception as error:
        if known := known_error(error):
            body = {**about, "error": known.message, "hint": known.hint}
            write_report(root, command, known.code, body, as_json=as_json)
        raise


def with_report(command: str) -> Callable[[Callable[Given, int]], Callable[Given, int]]:
    """Decorate a command so that it runs inside `report_started`; it needs the options `root` and `as_json`.

    A red report also names the environment and the target of the command line.
    """

    def decorated(work: Callable[Given, int]) -> Callable[Given, int]:
        @wraps(work)
        def run(*given: Given.args, **named: Given.kwargs) -> int:
            about = {name: named[name] for name in ("environment", "target") if name in named}
            with report_started(cast("Path", named["root"]), command, about, as_json=bool(named["as_json"])):
                return work(*given, **named)

        return run

    return decorated
