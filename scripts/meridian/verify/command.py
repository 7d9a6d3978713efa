"""`meridian verify ENV`: sign a real user in, call every region, try what must fail."""

import os
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from meridian import report
from meridian.console import say
from meridian.errors import Exit
from meridian.modules.library import Library
from meridian.options import HERE, EnvironmentArgument, JsonOption, RootOption, StateRegionOption, TargetOption
from meridian.plans import outputs
from meridian.plans.terragrunt import find_units
from meridian.resolve import resolve
from meridian.targets import Target
from meridian.verify.aws import make_clients
from meridian.verify.cleanup import remove_created, remove_leftovers_from_pool, stopped_by_signals
from meridian.verify.declared import Call, read_calls
from meridian.verify.deployment import COMPUTE, WATCH, Regional, read_deployment
from meridian.verify.findings import Reporter, Status, format_table, summarize, verdict
from meridian.verify.region import check_region
from meridian.verify.run import Run, uuid7
from meridian.verify.user import User, prepare_user
from meridian.verify.watched import report_watch

ROLE_VARIABLE = "VERIFY_ROLE_ARN"
"""Names the role that verifies, where the one that applies reads no users and no items."""
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Print all checks, also those that passed.")]
_CONCLUSIONS = {
    Exit.OK: "Verified: every check passed.",
    Exit.FINDINGS: "Not verified: see the lines with FAIL.",
    Exit.UNKNOWN: "Could not tell: see the lines with UNKNOWN.",
}


@report.with_report("verify")
def verify(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    verbose: VerboseOption = False,
    state_region: StateRegionOption = "",
    as_json: JsonOption = False,
) -> int:
    """Sign a real user in, call every region, and try requests that must fail.

    Prints a line per region and every check that failed. Exits with 1 if a check failed, 3 if a result could not be
    read. Deletes the user at the end.

    Example: meridian verify dev --target local
    """
    return verify_target(resolve(root, environment, target, state_region), as_json=as_json, verbose=verbose)


def verify_target(target: Target, *, as_json: bool, verbose: bool = False, regions: Collection[str] = ()) -> int:
    """Verify a deployment, or only some regions of it; return 0, 1 (a rule is broken) or 3 (one could not be observed).

    The role that the variable VERIFY_ROLE_ARN names is assumed first. Raises CouldNotTell without credentials or
    outputs, UserError for another account, KeyboardInterrupt after the clean-up.
    """
    began = time.monotonic()
    target = replace(target, role=os.environ.get(ROLE_VARIABLE, ""))
    environment = target.environment
    about = {"environment": environment.name, "account_id": environment.account_id, "target": target.kind}
    # Before anything is created: a file that cannot be read is bad input.
    contracts = Library(target.root).contracts(environment.versions)
    declared = read_calls(target.root, contracts)
    calls = _calls_of_units(target, declared)
    target.require_account()
    served = []
    for place in environment.regions:
        if place.retiring:
            say(f"note: {place.name} is retiring; it is not verified.")
        elif COMPUTE in contracts and not environment.places(contracts[COMPUTE], place.name):
            say(f"note: {place.name} has no unit of {COMPUTE}; it is not verified.")
        elif environment.retires(COMPUTE, place.name):
            say(f"note: {COMPUTE} is retiring in {place.name}; the region is not verified.")
        else:
            served.append(place.name)
    if environment.regions and all(place.retiring for place in environment.regions):
        report.write_report(target.root, "verify", Exit.OK, about | {"regions": [], "findings": []}, as_json=as_json)
        return int(Exit.OK)
    deployment = read_deployment(target, outputs.read_outputs(target), served).only(regions)
    reporter = Reporter(quiet=as_json, verbose=verbose)
    run = Run(target, deployment, make_clients(target), reporter, calls=calls)
    for name, reason in deployment.absent.items():
        run.report(name, "status", Status.UNKNOWN, f"Not tried: {reason}: never applied, or not readable.")
    seconds = check_all(run) | dict.fromkeys(deployment.absent, 0.0)
    took = time.monotonic() - began
    code = verdict(reporter.findings)
    rows = summarize(reporter.findings, seconds)
    findings = [asdict(finding) for finding in reporter.findings]
    body = {"run_id": run.digits, "seconds": round(took, 1), "regions": rows, "findings": findings}
    report.write_report(target.root, "verify", code, about | body, as_json=as_json)
    for part in ("", format_table(rows), "", f"{_CONCLUSIONS[code]} {len(findings)} checks in {took:.1f} s."):
        reporter.print(part)
    return int(code)


def _calls_of_units(target: Target, declared: Mapping[str, tuple[Call, ...]]) -> dict[str, tuple[Call, ...]]:
    """Return the calls of each unit whose module declares some; one that is being removed may be gone already."""
    calls = {}
    for unit in find_units(target):
        region, _, module = unit.partition("/")
        if module in declared and target.environment.retires(module, region):
            say(f"note: {unit} is retiring; its calls are not made.")
        elif module in declared:
            calls[unit] = declared[module]
    return calls


def check_all(run: Run) -> dict[str, float]:
    """Check every region, remove everything that the run created, and return each region's seconds.

    Raises KeyboardInterrupt after a signal, or the exception of a thread, both after the removal.
    """
    with stopped_by_signals(run):
        try:
            with run.reporter.running(), ThreadPoolExecutor(3 + len(run.deployment.regions)) as pool:
                jobs = _start(run, pool)
        finally:
            remove_created(run)
    if run.signals:
        raise KeyboardInterrupt
    for job in jobs.values():
        job.result()
    return {place.region: jobs[place.region].result() for place in run.deployment.regions}


def _start(run: Run, pool: ThreadPoolExecutor) -> dict[str, Future[Any]]:
    keys = {place.region: uuid7() for place in run.deployment.regions}
    user = pool.submit(prepare_user, run)
    jobs: dict[str, Future[Any]] = {"identity": user, WATCH: pool.submit(report_watch, run)}
    for place in run.deployment.regions:
        jobs[place.region] = pool.submit(_check_region, run, place, keys, user)
    jobs["leftovers"] = pool.submit(remove_leftovers_from_pool, run)
    return jobs


def _check_region(run: Run, place: Regional, keys: Mapping[str, str], user: "Future[User | None]") -> float:
    seconds = check_region(run, place, keys, user)
    run.reporter.finish(place.region, seconds)
    return seconds
