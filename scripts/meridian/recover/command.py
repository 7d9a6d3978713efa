"""The commands recover and audit."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from meridian import report
from meridian.console import say, step
from meridian.errors import CouldNotTell, Exit, UserError
from meridian.options import (
    HERE,
    DryRunOption,
    EnvironmentArgument,
    JsonOption,
    RootOption,
    StateRegionOption,
    TargetOption,
)
from meridian.plans.run_lock import hold_run_file, is_run_alive
from meridian.recover import repair
from meridian.recover.findings import Finding, list_findings, list_lost, list_orphans
from meridian.recover.locks import Lock, read_locks
from meridian.recover.resources import is_adopted
from meridian.recover.survey import Survey, survey
from meridian.render.command import require_current
from meridian.resolve import resolve
from meridian.state.copy import of_copy
from meridian.targets import Target


@report.with_report("audit")
def audit(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    as_json: JsonOption = False,
) -> int:
    """List what is wrong in an environment: locks, states, resources that are in no Terraform state.

    Only reads. Exits with 1 if something is found; each finding names the command that resolves it.

    Example: meridian audit dev
    """
    where = resolve(root, environment, target)
    found = list_findings(where, survey(where, alone=not is_run_alive(where)))
    code = Exit.FINDINGS if found else Exit.OK
    _report(where, "audit", code, {"findings": [asdict(one) for one in found]}, as_json)
    if not as_json:
        _show(found)
        print(f"{len(found)} findings." if found else "Nothing found: every resource has a state, nothing is locked.")
    return code


@report.with_report("recover")
def recover(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    dry_run: DryRunOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    force_unlock: Annotated[
        list[str] | None,
        typer.Option("--force-unlock", metavar="ID", help="Remove this lock even if its run may be alive."),
    ] = None,
    state_region: StateRegionOption = "",
    as_json: JsonOption = False,
) -> int:
    """Repair locks, states and saved plans after an interrupted run.

    Brings back states that were written in their copy. Removes locks of ended runs, pushes states that were not
    uploaded, restores broken ones, drops stale plans and imports resources that are in no Terraform state or were
    half made. Deletes no resource. A dry run exits with 1 if there is something to repair.

    Example: meridian recover dev --dry-run
    """
    where = resolve(root, environment, target, state_region)
    require_current(root)
    hold_run_file(where, f"recover {environment}")
    forced = force_unlock or []
    if back := list(repair.list_newer(where)):
        _require_ended([*read_locks(where), *read_locks(of_copy(where))], forced, where)
        rows = _show_steps(map(_row, back), dry_run)
        if dry_run:
            return _finish(where, Exit.FINDINGS, {"steps": rows, "dry_run": True}, [], as_json)
        _require_consent(yes, f"meridian recover {where.arguments}")
        _do(back)
    found = _look(where, forced)
    steps = repair.list_repairs(where, found, forced)
    planned = _show_steps([*map(_row, steps), *_later(found)], dry_run)
    if not planned or dry_run:
        left = list_lost(where, found)
        code = Exit.FINDINGS if planned or left else Exit.OK
        return _finish(where, code, {"steps": planned, "dry_run": dry_run}, left, as_json)
    _require_consent(yes, f"meridian recover {where.arguments}")
    with step(f"recover {environment}"):
        body = _work(where, found, steps)
    orphans = [one for one in repair.remaining_orphans(where) if not is_adopted(one)]
    left = [*list_lost(where, found), *list_orphans(where, orphans)]
    code = Exit.FINDINGS if left else Exit.OK
    return _finish(where, code, {"steps": planned, "dry_run": False, **body}, left, as_json)


def _row(one: repair.Repair) -> dict[str, str]:
    return {"kind": one.kind, "unit": one.unit, "sentence": one.sentence}


def _show_steps(rows: Iterable[dict[str, str]], dry_run: bool) -> list[dict[str, str]]:
    """Print steps that are to be done; return them."""
    shown = list(rows)
    for one in shown:
        say(f"{'would ' if dry_run else ''}{one['kind']}  {one['unit']}  {one['sentence']}")
    return shown


def _look(target: Target, forced: Sequence[str]) -> Survey:
    """Return the survey; CouldNotTell while a run may be alive, whose work a repair would disturb."""
    found = survey(target, alone=True)
    _require_ended(found.locks, forced, target)
    return found


def _require_ended(locks: Iterable[Lock], forced: Sequence[str], target: Target) -> None:
    alive = repair.blocking_locks(locks, forced)
    if alive:
        raise CouldNotTell(
            "\n".join(f"{lock.unit}: {lock}; its run may be alive." for lock in alive),
            f"Wait until it has ended. If you know that it has: `meridian recover {target.arguments} "
            f"{' '.join(f'--force-unlock {lock.id}' for lock in alive)}`",
        )


def _do(steps: Sequence[repair.Repair]) -> None:
    for one in steps:
        one.do()
        say(f"   done: {one.kind}  {one.unit}")


def _later(found: Survey) -> list[dict[str, str]]:
    """Return the steps whose details depend on the ones before: stale plans and imports."""
    plans = [{"kind": "drop plans", "unit": "", "sentence": sentence} for sentence in found.stale]
    orphans = [
        {"kind": "import", "unit": one.unit, "sentence": f"{one}, unless its unit has another one"}
        for one in found.orphans
        if one.unit in found.units
    ]
    return plans + orphans


def _work(target: Target, found: Survey, steps: Sequence[repair.Repair]) -> dict[str, Any]:
    _do(steps)
    touched = {one.unit for one in steps if one.kind != "unlock"}
    # A run that was killed while it applied may have made parts that have no tags.
    touched |= {lock.unit for lock in found.locks if "Apply" in lock.operation}
    orphans = repair.remaining_orphans(target)
    units = sorted((touched | {one.unit for one in orphans}) & set(found.units))
    imported = repair.import_orphans(target, units, orphans) if units else []
    dropped = repair.drop_stale_plans(target)
    if dropped:
        say("   dropped the saved plans; the next apply makes new ones")
    return {"imported": [asdict(one) for one in imported], "dropped": dropped}


def _require_consent(yes: bool, again: str) -> None:
    """Return after `y` or with --yes; raise UserError otherwise."""
    if yes:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise UserError("This needs your consent, and this is not a terminal: nothing was done.", f"`{again} --yes`")
    say("Do this? [y/N]")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UserError("You did not consent: nothing was done.", f"`{again} --dry-run` only shows it.")


def _finish(target: Target, code: Exit, body: dict[str, Any], left: Sequence[Finding], as_json: bool) -> Exit:
    _report(target, "recover", code, {**body, "findings": [asdict(one) for one in left]}, as_json)
    if as_json:
        return code
    _show(left)
    if body["dry_run"]:
        print(f"Do it: meridian recover {target.arguments}" if body["steps"] else "Nothing to recover.")
    elif body["steps"]:
        print(f"Recovered. Next: meridian apply {target.arguments}")
    elif not left:
        print("Nothing to recover.")
    return code


def _show(findings: Sequence[Finding]) -> None:
    for one in findings:
        print(f"{one.kind}  {one.unit}  {one.sentence}\n  {one.command}")


def _report(target: Target, command: str, code: Exit, body: dict[str, Any], as_json: bool) -> None:
    about = {"environment": target.environment.name, "target": target.kind}
    report.write_report(target.root, command, code, {**about, **body}, as_json=as_json)
