"""The command drift: compares AWS with what was applied; it changes nothing."""

from typing import Any

from meridian import report
from meridian.console import say, step
from meridian.deploy.drift import forms
from meridian.deploy.drift.drift import Drift, read_drift
from meridian.deploy.selection import RegionOption, UnitOption, select_units
from meridian.deploy.summary.forms import MarkdownOption, write_text
from meridian.deploy.summary.terminal import print_lines
from meridian.errors import CouldNotTell, Exit, OperationFailed
from meridian.options import HERE, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.plans.run_lock import begin_run
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan
from meridian.render.command import require_current
from meridian.resolve import resolve
from meridian.state.lost import lost_states
from meridian.targets import Target

COMMAND = "drift"


@report.with_report(COMMAND)
def drift(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    region: RegionOption = None,
    unit: UnitOption = None,
    markdown: MarkdownOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show what was changed in AWS since the last apply, and how to undo or accept it.

    Only reads; saved plans stay. What is committed and not applied yet is listed apart. Exits with 1 if something
    drifted, 3 if a unit could not be compared.

    Example: meridian drift dev --target local
    """
    if markdown:
        markdown.unlink(missing_ok=True)
    where = resolve(root, environment, target)
    begin_run(where, COMMAND)
    require_current(root)
    chosen = select_units(where, region, unit)
    plans = Plans(where, COMMAND)
    try:
        with step(f"compare {environment} with AWS"):
            found = read_drift(plans, _make(plans, chosen.units), chosen.left_out)
    finally:
        # They hold every value of the environment, and nothing is ever applied from them.
        plans.discard()
    lost = lost_states(where)
    code = Exit.FINDINGS if found.drifted else Exit.OK
    _report(where, code, found, lost, as_json)
    if markdown:
        write_text(markdown, forms.format_markdown(found, where.arguments))
    if not as_json:
        print_lines(lambda width: forms.format_lines(found, where.arguments, width))
    for state in lost:
        say(f"{state} belongs to no unit, so it was not compared: `meridian audit {where.arguments}`")
    return code


def _make(plans: Plans, units: tuple[str, ...] | None) -> list[UnitPlan]:
    try:
        return plans.make(units)
    except OperationFailed as error:
        raise CouldNotTell(error.message, error.hint) from error


def _report(target: Target, code: Exit, found: Drift, lost: list[str], as_json: bool) -> None:
    body: dict[str, Any] = {"environment": target.environment.name, "target": target.kind, **found.body()}
    body |= {"states_without_unit": lost, "next": forms.put_back(target.arguments) if found.drifted else []}
    report.write_report(target.root, COMMAND, code, body, as_json=as_json)
