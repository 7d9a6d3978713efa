"""Arguments and options that several commands take, each said once."""

from pathlib import Path
from typing import Annotated

import typer

EnvironmentArgument = Annotated[
    str, typer.Argument(metavar="ENV", show_default=False, help="An environment of live/inventory.yaml.")
]
RootOption = Annotated[Path, typer.Option("--root", help="The repository; default: the one this is run in.")]
TargetOption = Annotated[
    str, typer.Option("--target", envvar="MERIDIAN_TARGET", metavar="local|aws", help="Where the environment is.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show everything that would change; change nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
HERE = Path()
