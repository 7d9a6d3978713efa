"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

EnvironmentArgument = Annotated[
    str, typer.Argument(metavar="ENV", show_default=False, help="An environment of live/inventory.yaml.")
]
RootOption = Annotated[Path, typer.Option("--root", help="The repository; default: the one around this folder.")]
TargetOption = Annotated[
    str,
    typer.Option("--target", envvar="MERIDIAN_TARGET", metavar="local|aws", help="The local or the real AWS."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
HERE = Path()
