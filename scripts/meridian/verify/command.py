"""`meridian verify ENV`: a real user, every region, and proof of what is refused."""

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from meridian import report
from meridian.console import say
from meridian.errors import Exit
from meridian.targets import Target
from meridian.verify import identity, leftovers, marks, output, region
from meridian.verify.deployment import Deployment, from_outputs
from meridian.verify.findings import unknown, verdict
from meridian.verify.interrupts import Interrupts
from meridian.verify.output import Teller
from meridian.verify.work import Work, clients

Seconds = dict[str, float]


def verify(target: Target, *, as_json: bool) -> int:
    """Verify a deployment and return 0, 1 (a rule is broken) or 3 (something could not be told).

    Raises CouldNotTell without credentials or outputs, UserError for a foreign account,
    KeyboardInterrupt after all that was made is removed.
    """
    teller = Teller(quiet=as_json)
    began = time.monotonic()
    with report.begun(target.root, "verify", _about(target), as_json=as_json):
        target.require_account()
        deployment = _deployment(target)
    work = Work(target, deployment, marks.Run.start(), clients(target), teller.tell, teller.hide)
    for name, reason in deployment.absent.items():
        teller.tell(unknown(name, "status", f"Not tried: {reason.rstrip('.')}: never applied, or not readable."))
    seconds = run(work) | dict.fromkeys(deployment.absent, 0.0)
    return _conclude(work, teller, seconds, time.monotonic() - began, as_json=as_json)


def run(work: Work) -> Seconds:
    """Check everything, remove everything made, and return how long each region took.

    Raises KeyboardInterrupt where a signal came, and whatever broke a thread, after the removal.
    """
    jobs: dict[str, Future[Any]] = {}
    with Interrupts() as interrupts:
        try:
            with ThreadPoolExecutor(2 + len(work.deployment.regions)) as pool:
                try:
                    jobs = _start(work, pool)
                    wait(jobs.values())
                finally:
                    work.stop.set()
        finally:
            interrupts.shield()
            for finding in work.cleanup.run():
                work.tell(finding)
        if interrupts.came:
            raise KeyboardInterrupt
    for job in jobs.values():
        job.result()
    return {place.region: jobs[place.region].result() for place in work.deployment.regions}


def _start(work: Work, pool: ThreadPoolExecutor) -> dict[str, Future[Any]]:
    keys = {place.region: marks.uuid7() for place in work.deployment.regions}
    person = pool.submit(identity.prepare, work)
    jobs: dict[str, Future[Any]] = {"identity": person}
    for place in work.deployment.regions:
        jobs[place.region] = pool.submit(region.verify, work, place, keys, person)
    jobs["leftovers"] = pool.submit(leftovers.remove_identity, work, time.time())
    return jobs


def _deployment(target: Target) -> Deployment:
    from meridian.run import outputs

    for place in target.environment.regions:
        if place.retiring:
            say(f"note: {place.name} is retiring; it is not verified.")
    return from_outputs(target, outputs.read(target))


def _conclude(work: Work, teller: Teller, seconds: Seconds, took: float, *, as_json: bool) -> int:
    code = verdict(teller.findings)
    rows = output.regions(teller.findings, seconds)
    _keep(
        work.target,
        code,
        {
            "run_id": work.run.run_id,
            "seconds": round(took, 1),
            "regions": rows,
            "findings": [
                {"status": f.status, "region": f.region, "rule": f.rule, "sentence": f.sentence}
                for f in teller.findings
            ],
        },
        as_json=as_json,
    )
    if as_json:
        return int(code)
    teller.print("")
    teller.print(output.table(rows))
    teller.print("")
    teller.print(f"{_sentence(code)} {len(teller.findings)} checks in {took:.1f} s.")
    return int(code)


def _sentence(code: Exit) -> str:
    return {
        Exit.OK: "Verified: every check passed.",
        Exit.FINDINGS: "Not verified: the lines with FAIL say what is wrong.",
    }.get(code, "Could not tell: the lines with UNKNOWN say what was not observed.")


def _keep(target: Target, code: Exit, body: Mapping[str, Any], *, as_json: bool = False) -> None:
    report.keep(target.root, "verify", code, {**_about(target), **body}, as_json=as_json)


def _about(target: Target) -> dict[str, str]:
    return {
        "environment": target.environment.name,
        "account_id": target.environment.account_id,
        "target": target.kind,
    }
