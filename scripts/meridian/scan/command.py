"""`meridian scan`: everything is looked at, judged, held against the waivers, and told."""

import json
import sys
import tempfile
import time
from pathlib import Path

from meridian import report
from meridian.errors import OperationFailed, UserError
from meridian.scan import sarif, subjects, terminal, tree, units
from meridian.scan.engine import HOME
from meridian.scan.finding import Severity
from meridian.scan.judgement import judge
from meridian.scan.verdict import Verdict
from meridian.targets import Target

COMMAND = "scan"


def scan(
    root: Path, target: Target | None, *, fail_on: str, final: bool, sarif_file: Path | None, as_json: bool
) -> int:
    """Scan the modules and the rendered tree, and with a target every unit's plan.

    `sarif_file` gets the findings as SARIF too. `final`: the plans are about to be applied, so a mock
    in one is a finding. Returns 0 or 1; raises CouldNotTell where anything could not be looked at,
    UserError for a wrong inventory or waivers file.
    """
    if fail_on.upper() not in Severity.__members__:
        raise UserError(f"There is no severity {fail_on!r}.", f"Use one of: {', '.join(Severity.__members__)}.")
    began = time.monotonic()
    with report.begun(root, COMMAND, as_json=as_json), tempfile.TemporaryDirectory(prefix="meridian-scan-") as folder:
        verdict = _look(root, target, Path(folder), Severity[fail_on.upper()], final)
    if sarif_file:
        text = json.dumps(sarif.document(verdict, target.environment.name if target else "modules"), indent=2)
        _write(sarif_file, f"{text}\n")
    seconds = round(time.monotonic() - began, 1)
    report.keep(root, COMMAND, verdict.code, {**verdict.body(), "seconds": seconds}, as_json=as_json)
    if not as_json:
        sys.stdout.writelines(f"{line}\n" for line in terminal.lines(verdict))
    return verdict.code


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperationFailed(f"{file}: cannot be written: {error.strerror}.") from error


def _look(root: Path, target: Target | None, folder: Path, fail_on: Severity, final: bool) -> Verdict:
    modules = subjects.modules(root)
    plans = units.planned(target, folder) if target else []
    # Another checkout's gate knows nothing of this tree's waivers: none of its own can be called unused.
    whole = [plan.environment.name for plan in plans[:1]] if root.resolve() == HOME else None
    return judge(root, modules, plans, others=tree.judge(root), final=final, environments=whole, fail_on=fail_on)
