"""The commands plan, apply and destroy: checks first, a report at the end."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from meridian import report
from meridian.console import say, step
from meridian.deploy.account import check_account
from meridian.deploy.apply import apply_saved
from meridian.deploy.confirm import require_name
from meridian.deploy.lever import messages_held
from meridian.deploy.order import begin_commit
from meridian.deploy.selection import (
    ChangedOption,
    RegionOption,
    Selection,
    UnitOption,
    require_no_approval,
    select_units,
)
from meridian.deploy.shift import CanaryOption, MinutesOption, PercentOption, choose_shift
from meridian.deploy.summary import forms
from meridian.deploy.summary.forms import MarkdownOption
from meridian.deploy.summary.stored import store_summary
from meridian.deploy.summary.summary import Summary, read_summary
from meridian.deploy.summary.terminal import show_summary
from meridian.errors import Exit, Refused, UserError
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Environment
from meridian.options import (
    HERE,
    ConfirmOption,
    EnvironmentArgument,
    JsonOption,
    RootOption,
    StateRegionOption,
    TargetOption,
)
from meridian.paths import INVENTORY
from meridian.plans import terragrunt
from meridian.plans.approval import find_differing, read_digest, write_digest
from meridian.plans.run_lock import begin_run
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan
from meridian.recover.errored import require_no_errored, save_errored
from meridian.render.command import require_current
from meridian.resolve import resolve
from meridian.state.copy import mark_in_use, require_copy_unused
from meridian.state.lost import lost_states
from meridian.state.records import drop_records
from meridian.targets import Target

DigestOption = Annotated[
    Path | None,
    typer.Option(
        "--digest", metavar="FILE", help="Write hashes of the changes, for `apply --approved` on another machine."
    ),
]
NoLockOption = Annotated[
    bool,
    typer.Option("--no-lock", help="Take no lock and wait for none: the plan is only read, and another run may go on."),
]
ApprovedOption = Annotated[
    Path | None,
    typer.Option(
        "--approved",
        metavar="FILE",
        help="Plan, and apply only if the plan matches FILE, which `plan --digest` wrote, and no newer commit was "
        "applied; - reads stdin.",
    ),
]
AcceptNewOption = Annotated[
    bool,
    typer.Option("--accept-new", help="Apply a unit that was planned again even if it does more than was approved."),
]


@report.with_report("plan")
def plan(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    region: RegionOption = None,
    unit: UnitOption = None,
    markdown: MarkdownOption = None,
    changed: ChangedOption = False,
    digest: DigestOption = None,
    no_lock: NoLockOption = False,
    state_region: StateRegionOption = "",
    as_json: JsonOption = False,
) -> int:
    """Plan every unit, or those named, save the plans and summarize them.

    The saved plans replace all earlier ones, so `meridian apply` then applies only what was planned here.
    The whole summary is also in out/plan.md, e.g. for the summary of a GitHub job.

    Example: meridian plan dev --target local
    """
    forms.remove_markdown(root)
    where = resolve(root, environment, target, state_region)
    if changed:
        require_no_approval(where.environment, digest, markdown)
    begin_run(where, "plan", lock=not no_lock)
    check_account(where, region or ())
    require_current(root)
    require_copy_unused(where)
    plans = Plans(where, lock=not no_lock)
    chosen = select_units(where, region, unit, changed=changed)
    with step(f"plan {environment}"):
        found = _make(plans, chosen)
    if digest is not None:
        write_digest(digest, where.environment, target, list(plans.changes(found).values()))
    summary = read_summary(plans, found, chosen.left_out)
    lost = lost_states(where)
    _report(where, "plan", {**_body(summary), "states_without_unit": lost}, as_json)
    forms.write_markdown(root, summary, markdown)
    if not as_json:
        show_summary(summary)
        words = f" TARGET={target}" if target != "aws" else ""
        words += f" STATE_REGION={state_region}" if where.environment.reads_copy else ""
        if any(not one.empty for one in found):
            say(f"Apply exactly this: make apply ENV={environment}{words}")
    for state in lost:
        say(f"{state} belongs to no unit, so this plan does not show its resources: `meridian audit {where.arguments}`")
    return Exit.OK


@report.with_report("apply")
def apply(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    region: RegionOption = None,
    unit: UnitOption = None,
    confirm: ConfirmOption = "",
    changed: ChangedOption = False,
    approved: ApprovedOption = None,
    accept_new: AcceptNewOption = False,
    canary: CanaryOption = False,
    percent: PercentOption = None,
    minutes: MinutesOption = None,
    state_region: StateRegionOption = "",
    as_json: JsonOption = False,
) -> int:
    """Apply the saved plans, or those of the named units, after the final gate.

    Plans first if there is no saved plan. A unit that was planned with mocks, or that reads an output which changes,
    is planned again. If it would then do more than the saved plan lists or marks as not yet known, apply stops
    before it. Saved plans of units that are not chosen are deleted, because outputs that they use may have changed.
    With --canary, exit code 1 also means that a new version of a function failed and gets no calls any more.

    Example: meridian apply dev --target local
    """
    from meridian.gate.final import load_checkov, require_clean_plans  # imports an HCL parser, which is slow

    shift = choose_shift(canary, percent, minutes)
    where = resolve(root, environment, target, state_region)
    if changed:
        require_no_approval(where.environment, approved)
    begin_run(where, "apply")
    check_account(where, region or ())
    require_current(root)
    require_copy_unused(where)
    require_no_errored(where)
    with load_checkov() as checkov:
        plans = Plans(where)
        chosen = select_units(where, region, unit, changed=changed)
        digest = None if approved is None else read_digest(approved, where.environment, where.kind)
        usable = plans.are_usable(chosen.units or ()) if changed else plans.exist
        if digest is not None or not usable or chosen.units == ():
            if chosen.units != ():
                checkov.begin()
            with step(f"plan {environment}"):
                saved = _make(plans, chosen)
        else:
            saved = _choose(plans.load(), chosen)
        changing = any(not one.empty for one in saved)
        if changing:
            checkov.begin()
        summary = read_summary(plans, saved, chosen.left_out or forms.read_left_out(plans))
        if not as_json:
            show_summary(summary)
        _require_consent(plans, saved, digest, confirm)
        with step(f"apply {environment}"), messages_held(where) if changing else nullcontext():
            applied = apply_saved(
                where,
                plans,
                saved,
                partial(require_clean_plans, plans=plans, checkov=checkov),
                show=lambda made: None if as_json else show_summary(read_summary(plans, made)),
                accept_new=accept_new,
                shift=shift,
            )
        plans.discard()
    _report(where, "apply", {"applied": applied, **_body(summary)}, as_json)
    if not as_json:
        print(f"applied {', '.join(applied) or 'nothing: no unit has changes'}")
    return Exit.OK


@report.with_report("destroy")
def destroy(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    confirm: ConfirmOption = "",
    as_json: JsonOption = False,
) -> int:
    """Destroy every unit of an environment, after its name is typed.

    Refuses a protected environment, unless each of its regions is `retiring: true` and was applied so.

    Example: meridian destroy dev --target local --confirm dev
    """
    _require_destroyable(load_inventory(root / INVENTORY).environment(environment))
    where = resolve(root, environment, target)
    begin_run(where, "destroy")
    require_current(root)
    require_copy_unused(where)
    require_name(environment, confirm, f"This destroys everything in {where.title}.")
    Plans(where).discard()
    drop_records(where, terragrunt.find_units(where))
    with step(f"destroy {environment}"):
        try:
            result = terragrunt.run(where, "destroy")
        finally:
            save_errored(where)
        result.require_success("The destroy")
    _report(where, "destroy", {"destroyed": sorted(result.succeeded)}, as_json)
    if not as_json:
        print(f"destroyed {len(result.succeeded)} units of {environment}; the state bucket stays.")
    return Exit.OK


def _require_consent(plans: Plans, saved: Sequence[UnitPlan], digest: Mapping[str, str] | None, confirm: str) -> None:
    """Raise Refused unless the plans are the approved ones and, in a protected environment, its name was given."""
    where = plans.target
    if digest is not None:
        _require_approved(plans, saved, digest)
    if where.environment.protected:
        name = where.environment.name
        require_name(name, confirm, f"{name} is protected; this applies the plans above.")
    if digest is not None:
        begin_commit(where)
    if where.environment.reads_copy:
        mark_in_use(where)


def _require_approved(plans: Plans, saved: Sequence[UnitPlan], digest: Mapping[str, str]) -> None:
    """Raise Refused, and drop the plans, if they are not those of the digest."""
    if differing := find_differing(digest, list(plans.changes(saved).values())):
        plans.discard()
        raise Refused(
            f"{', '.join(differing)}: the plan is not the one that was approved.",
            f"Nothing was applied. Plan and approve again: `meridian plan {plans.target.arguments} --digest FILE`.",
        )


def _require_destroyable(environment: Environment) -> None:
    """Raise UserError for a protected environment, unless all of it is retiring; needs no AWS."""
    if environment.protected and environment.lasting_region_names:
        raise UserError(
            f"{environment.name} is protected: it cannot be destroyed.",
            "To destroy it: set `retiring: true` at each of its regions in live/inventory.yaml; "
            "then generate, plan, apply and destroy.",
        )


def _make(plans: Plans, chosen: Selection) -> list[UnitPlan]:
    if chosen.units == ():
        plans.discard()
        return []
    found = plans.make(chosen.units)
    forms.save_left_out(plans, chosen.left_out)
    return found


def _choose(saved: Sequence[UnitPlan], chosen: Selection) -> list[UnitPlan]:
    found = [plan for plan in saved if chosen.units is None or plan.unit in chosen.units]
    if not found:
        raise UserError(
            f"{', '.join(chosen.units or ())}: there is no saved plan.",
            f"Saved plans to apply: {', '.join(plan.unit for plan in saved)}.",
        )
    return found


def _body(summary: Summary) -> dict[str, object]:
    return {
        "changes": any(not one.empty for one in summary.plans),
        "units": [_row(one) for one in summary.plans],
        "summary": store_summary(summary),
    }


def _row(plan: UnitPlan) -> dict[str, object]:
    return {
        "unit": plan.unit,
        "provisional": plan.provisional,
        "outputs_change": plan.outputs_change,
        "changes": [{"action": action, "address": address} for action, address in plan.changes],
    }


def _report(target: Target, command: str, body: dict[str, object], as_json: bool) -> None:
    about = {"environment": target.environment.name, "target": target.kind}
    report.write_report(target.root, command, Exit.OK, {**about, **body}, as_json=as_json)
