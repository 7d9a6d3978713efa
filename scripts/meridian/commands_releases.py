"""The commands about versions: what each is called and takes; the work is done in meridian.releases."""

from pathlib import Path
from typing import Annotated

import typer

from meridian.paths import repository_root

app = typer.Typer()

RootOption = Annotated[Path, typer.Option("--root", help="The repository; default: the one this is run in.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
HERE = Path()


@app.command()
def versions(root: RootOption = HERE, as_json: JsonOption = False) -> None:
    """Show which version of each module runs in each environment.

    Example: meridian versions
    """
    from meridian.releases.command import versions as run

    raise typer.Exit(run(repository_root(root), as_json=as_json))
