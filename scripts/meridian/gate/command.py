"""`meridian scan`: checks code, plans and files, applies the waivers and writes the reports."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from meridian import report
from meridian.errors import CouldNotTell, OperationFailed, UserError
from meridian.gate import units
from meridian.gate.accepted.compare import find_unaccepted
from meridian.gate.checkov.engine import HOME
from meridian.gate.finding import Severity
from meridian.gate.report import terminal
from meridian.gate.report.outputs import Outputs
from meridian.gate.rules import module_files, tree
from meridian.gate.scan import Others, find_verdict
from meridian.gate.tools import command as hygiene
from meridian.gate.verdict import Verdict
from meridian.machine import machine_error
from meridian.options import HERE, JsonOption, RootOption, StateRegionOption, TargetOption
from meridian.paths import out_dir
from meridian.resolve import resolve
from meridian.targets import Target

COMMAND = "scan"


def scan(
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="Also scan the plan of every unit.")] = "",
    modules: Annotated[bool, typer.Option("--modules", help="Only code and tree, without AWS (the default).")] = False,
    target: TargetOption = "aws",
    root: RootOption = HERE,
    fail_on: Annotated[str, typer.Option("--fail-on", help="LOW, MEDIUM, HIGH or CRITICAL.")] = "MEDIUM",
    sarif: Annotated[Path | None, typer.Option("--sarif", metavar="FILE", help="Default: out/scan.sarif.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Default: out/scan.md.")] = None,
    base: Annotated[str, typer.Option("--base", metavar="REVISION", help="Also check later commits for secrets.")] = "",
    state_region: StateRegionOption = "",
    final: Annotated[bool, typer.Option("--final", help="A mock in a plan is a finding, as before an apply.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Run the security gate on modules and tree; with --env also on every plan.

    Exits with 1 for findings, 3 if anything could not be checked.

    Example: meridian scan --env dev --target local
    """
    if modules and environment:
        raise UserError("--modules and --env exclude each other.", "--env scans the modules too.")
    began = time.monotonic()
    with _full_disk_is_unknown(), report.report_started(root, COMMAND, as_json=as_json):
        out = out_dir(root)
        files = Outputs(
            environment or "modules",
            sarif or out / f"{COMMAND}.sarif",
            markdown or out / f"{COMMAND}.md",
        )
        with files.red_until_written():
            if fail_on.upper() not in Severity.__members__:
                raise UserError(f"There is no severity {fail_on!r}.", f"Use one of: {', '.join(Severity.__members__)}.")
            where = resolve(root, environment, target, state_region) if environment else None
            verdict = scan_checkout(root, where, Severity[fail_on.upper()], final=final, base=base)
            files.write(verdict)
        seconds = round(time.monotonic() - began, 1)
        report.write_report(root, COMMAND, verdict.code, {**verdict.body(), "seconds": seconds}, as_json=as_json)
    if not as_json:
        sys.stdout.writelines(f"{line}\n" for line in terminal.format_lines(verdict))
    return verdict.code


@contextmanager
def _full_disk_is_unknown() -> Iterator[None]:
    """Report a full disk as exit 3."""
    try:
        yield
    except (OperationFailed, OSError) as error:
        refused = error if isinstance(error, OperationFailed) else machine_error(error)
        if refused is None:
            raise
        raise CouldNotTell(refused.message, refused.hint) from error


def scan_checkout(
    root: Path, target: Target | None, fail_on: Severity, *, final: bool = False, base: str = ""
) -> Verdict:
    """Return the verdict on the tree at `root`, and with a target on every unit's plan; nothing is printed or kept.

    `base` is the commit before a change: the commits since then are checked for secrets too.
    """
    modules = units.read_modules(root)
    # The waivers of this gate are for its own checkout: on another tree an unused one is not a finding.
    names = [target.environment.name] if target else []
    whole = names if root.resolve() == HOME else None

    def others() -> Others:
        found, scanned = hygiene.scan_files(root, base)
        modules = [*module_files.find_in_modules(root), *find_unaccepted(root)]
        return [*tree.find_in_tree(root), *modules, *found], scanned

    with tempfile.TemporaryDirectory(prefix="meridian-scan-") as folder:
        plans = units.plan_units(target, Path(folder)) if target else []
        return find_verdict(modules, plans, others=others, final=final, environments=whole, fail_on=fail_on)
