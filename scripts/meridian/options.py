"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from meridian.paths import repository_root

EnvironmentArgument = Annotated[
    str, typer.Argument(metavar="ENV", show_default=False, help="An environment of live/inventory.yaml.")
]
RegionArgument = Annotated[
    str, typer.Argument(metavar="REGION", show_default=False, help="An AWS region, e.g. eu-central-1.")
]
RootOption = Annotated[
    Path,
    typer.Option(
        "--root",
        metavar="DIR",
        callback=repository_root,
        show_default=False,
        help="The repository; default: the one that contains the current folder.",
    ),
]
TargetOption = Annotated[
    str,
    typer.Option("--target", envvar="MERIDIAN_TARGET", metavar="local|aws", help="The local or the real AWS."),
]
StateRegionOption = Annotated[
    str,
    typer.Option(
        "--state-region",
        metavar="REGION",
        show_default=False,
        help="Work on the copy of the states in this region, because the primary one is lost.",
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")]
ConfirmOption = Annotated[
    str, typer.Option("--confirm", metavar="ENV", help="The environment's name, instead of typing it when asked.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
HERE = Path()
