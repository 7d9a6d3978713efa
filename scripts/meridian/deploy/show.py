"""The command show: the last plan again, as its summary or as Terraform prints it."""

import sys
from typing import Annotated

import typer

from meridian.deploy.summary import forms
from meridian.deploy.summary.forms import MarkdownOption
from meridian.deploy.summary.summary import read_summary
from meridian.deploy.summary.terminal import show_summary
from meridian.errors import Exit, UserError
from meridian.options import HERE, EnvironmentArgument, RootOption, TargetOption
from meridian.plans import terraform
from meridian.plans.saved import Plans
from meridian.resolve import resolve


def show(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    unit: Annotated[
        str,
        typer.Option(
            "--unit", metavar="REGION/UNIT", show_default=False, help="Show this unit as `terraform show` does."
        ),
    ] = "",
    markdown: MarkdownOption = None,
) -> int:
    """Show the summary of the saved plans again, or one of them as `terraform show` prints it.

    Exits with 2 if there is no saved plan, or if live/ or modules/ has changed since.

    Example: meridian show dev --target local --unit eu-west-1/compute
    """
    plans = Plans(resolve(root, environment, target))
    if unit:
        _show_unit(plans, unit)
        return Exit.OK
    summary = read_summary(plans, plans.load(), forms.read_left_out(plans))
    show_summary(summary)
    if markdown:
        forms.write_comment(markdown, summary)
    return Exit.OK


def _show_unit(plans: Plans, unit: str) -> None:
    saved = plans.saved()
    if unit not in saved:
        raise UserError(f"{unit}: there is no saved plan of this unit.", f"Use one of: {', '.join(saved)}.")
    sys.stdout.write(
        terraform.show_plan(plans.target, unit, plans.folder / unit / "tfplan.tfplan").decode(errors="replace")
    )
