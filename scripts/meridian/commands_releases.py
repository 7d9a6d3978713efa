"""The commands about versions: what each is called and takes; the work is done in meridian.change."""

from typing import Annotated

import typer

from meridian.options import HERE, DryRunOption, JsonOption, RootOption
from meridian.paths import repository_root

app = typer.Typer()


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
    from meridian.change.release import release as run

    code = run(repository_root(root), module, version, note=note, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def promote(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The environment whose versions to take.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The environment that gets them.")],
    root: RootOption = HERE,
    module: Annotated[str, typer.Option("--module", metavar="MODULE", help="Only this one; default: all.")] = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give an environment the versions of one before it.

    From the working tree: the released versions that are checked out.

    Example: meridian promote staging prod --module compute --dry-run
    """
    from meridian.change.promote import promote as run

    code = run(repository_root(root), source, target, module=module, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def rollback(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="An environment of live/inventory.yaml.")],
    module: Annotated[str, typer.Argument(metavar="MODULE", help="A module of it.")],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="An earlier released version.")],
    root: RootOption = HERE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take a module of an environment back to an earlier version.

    Example: meridian rollback prod compute 1.0.0 --dry-run
    """
    from meridian.change.rollback import rollback as run

    raise typer.Exit(run(repository_root(root), environment, module, version, dry_run=dry_run, as_json=as_json))


@app.command()
def versions(root: RootOption = HERE, as_json: JsonOption = False) -> None:
    """Show which version of each module runs in each environment.

    Example: meridian versions
    """
    from meridian.change.versions import versions as run

    raise typer.Exit(run(repository_root(root), as_json=as_json))


@app.command()
def parity(root: RootOption = HERE, as_json: JsonOption = False) -> None:
    """Show what differs between environments and regions.

    Exit 1 if something differs that the inventory does not declare.

    Example: meridian parity --json
    """
    from meridian.parity.command import parity as run

    raise typer.Exit(run(repository_root(root), as_json=as_json))
