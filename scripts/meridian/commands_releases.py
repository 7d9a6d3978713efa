"""The commands about versions: what each is called and takes; the work is done in meridian.releases."""

from pathlib import Path
from typing import Annotated

import typer

from meridian.paths import repository_root

app = typer.Typer()

RootOption = Annotated[Path, typer.Option("--root", help="The repository; default: the one this is run in.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show everything; change nothing.")]
HERE = Path()


@app.command()
def release(
    module: Annotated[str, typer.Argument(metavar="MODULE", help="A folder of modules/.")],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Three numbers, e.g. 1.1.0.")],
    root: RootOption = HERE,
    note: Annotated[str, typer.Option("--note", help="One sentence; default: the last commit's subject.")] = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Record a module as it is on main as a version.

    Inputs and outputs decide whether it must be a major, a minor or may be a patch.

    Example: meridian release compute 1.1.0 --note "Greets in two languages."
    """
    from meridian.releases.command import release as run

    code = run(repository_root(root), module, version, note=note, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def versions(root: RootOption = HERE, as_json: JsonOption = False) -> None:
    """Show which version of each module runs in each environment.

    Example: meridian versions
    """
    from meridian.releases.command import versions as run

    raise typer.Exit(run(repository_root(root), as_json=as_json))
