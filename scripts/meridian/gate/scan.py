"""Runs Checkov, our own rules and the canaries over modules and plans, applies the waivers, returns a verdict."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime

from meridian.console import step
from meridian.gate import units, waivers
from meridian.gate.accepted import compare, planned
from meridian.gate.checkov import canary, findings
from meridian.gate.checkov.engine import HOME, Checkov
from meridian.gate.code import Code
from meridian.gate.finding import Finding, Severity, merge_findings
from meridian.gate.rules import changes, grants, module_files, owned, text, tree
from meridian.gate.tools import secrets
from meridian.gate.units import Unit
from meridian.gate.verdict import Scanned, Verdict
from policies.checks._catalogue import CATALOGUE

RULES = (
    *(*changes.RULES, *grants.RULES, *tree.RULES, *module_files.RULES),
    *(*compare.RULES, *planned.RULES, *waivers.RULES, *secrets.RULES, *text.RULES, *owned.RULES),
)
"""Every rule of our own outside Checkov, in the order of docs/policies.md."""
Others = tuple[Sequence[Finding], Sequence[Scanned]]
"""Findings outside of modules and plans, and what was scanned for them."""


def find_verdict(
    modules: Sequence[Code],
    plans: Sequence[Unit],
    *,
    others: Callable[[], Others] = lambda: ([], []),
    final: bool = False,
    environments: Collection[str] | None = None,
    fail_on: Severity = Severity.MEDIUM,
    checkov: Checkov | None = None,
) -> Verdict:
    """Return the verdict on modules and units, and the findings of `others`.

    Policies and waivers are those of the checkout that this gate runs from. `final`: the plans are about
    to be applied. `environments` are those that are scanned completely; None: the scan covers a part.
    `checkov` may run already; its first jobs are the canaries.
    Raises CouldNotTell if anything cannot be checked, UserError for a wrong waivers file.
    """
    jobs = [*map(units.module_job, modules), *map(units.unit_job, plans)]
    with ExitStack() as stack:
        stack.enter_context(step(f"scan {len(modules)} modules and {len(plans)} plans"))
        beside = stack.enter_context(ThreadPoolExecutor(1)).submit(others)
        checkov = checkov or stack.enter_context(Checkov(canary.canary_jobs()))
        looked = checkov.scan(jobs, list(CATALOGUE))
        canary.require_caught(looked.results)
        found, also_scanned = beside.result()
    found = list(found)
    for module, job in zip(modules, jobs, strict=False):
        found += findings.checkov_findings(module, looked.results[job.id])
    for unit in plans:
        found += units.find_in_unit(unit, looked.results[unit.id], final=final)
    provisional = {unit.id for unit in plans if unit.plan.provisional}
    scanned = [Scanned(one.id, len(one.resources), len(looked.results[one.id]), one.id in provisional) for one in jobs]
    today = datetime.now(UTC).date()
    known = looked.known | {rule.id for rule in RULES}
    waived = waivers.read_waivers(HOME / waivers.FILE, known, HOME, today)
    split = waivers.sort_findings(merge_findings(found), waived, today, environments=environments)
    return Verdict(
        findings=merge_findings(split.counting),
        accepted=split.accepted,
        not_applicable=split.not_applicable,
        scanned=[*scanned, *also_scanned],
        fail_on=fail_on,
    )
