"""The last report of each command, kept in out/<command>.json for pipelines."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, cast

from meridian import files
from meridian.errors import Exit, MeridianError, OperationFailed
from meridian.paths import out_dir

Given = ParamSpec("Given")


def keep(root: Path, command: str, code: int, body: Mapping[str, Any], *, as_json: bool = False) -> None:
    """Write out/<command>.json at once and whole; with `as_json` the same text also goes to stdout.

    The report is `body` after `command`, `exit_code` and `verdict` (the code's name in
    lower case): make turns every failure into 2, so pipelines read the verdict here.

    Raises UserError where out/ is no folder, OperationFailed where it cannot be written.
    """
    report = {"command": command, "exit_code": int(code), "verdict": Exit(code).name.lower(), **body}
    text = json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n"
    folder = out_dir(root)
    try:
        files.write(folder / f"{command}.json", text, 0o600)
    except OSError as error:
        raise OperationFailed(
            f"out/{command}.json: {error.strerror}.", "The report of the command is kept there."
        ) from error
    if as_json:
        sys.stdout.write(text if _is_unicode(sys.stdout.encoding) else f"{json.dumps(report, indent=2, default=str)}\n")


def _is_unicode(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").startswith("utf")


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


def kept(command: str) -> Callable[[Callable[Given, int]], Callable[Given, int]]:
    """Run a command, which takes the repository and `as_json`, with its report `begun`."""

    def decorated(work: Callable[Given, int]) -> Callable[Given, int]:
        @wraps(work)
        def run(*given: Given.args, **named: Given.kwargs) -> int:
            with begun(cast("Path", given[0]), command, as_json=bool(named["as_json"])):
                return work(*given, **named)

        return run

    return decorated
