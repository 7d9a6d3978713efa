"""The commands that edit and render the inventory: their names and options; other modules do the work."""

from typing import Annotated

import typer

from meridian.options import HERE, DryRunOption, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.paths import repository_root

app = typer.Typer()

RegionArgument = Annotated[
    str, typer.Argument(metavar="REGION", show_default=False, help="An AWS region, e.g. eu-central-1.")
]


@app.command()
def generate(
    root: RootOption = HERE,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; print a diff and exit 1 if a file differs.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Render live/ and the root terragrunt.hcl from live/inventory.yaml.

    Example: meridian generate --check
    """
    from meridian.render.command import generate as run

    raise typer.Exit(run(repository_root(root), check=check, as_json=as_json))


@app.command("add-region")
def add_region(
    environment: EnvironmentArgument = "",
    region: RegionArgument = "",
    root: RootOption = HERE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add a region and render it; nothing is deployed.

    Example: meridian add-region dev eu-central-1 --dry-run
    """
    from meridian.change.add_region import add_region as run

    raise typer.Exit(run(repository_root(root), environment, region, dry_run=dry_run, as_json=as_json))


@app.command("remove-region")
def remove_region(
    environment: EnvironmentArgument = "",
    region: RegionArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    without_state_check: Annotated[
        bool, typer.Option("--without-state-check", help="Step 2: you know that nothing is left; look at no state.")
    ] = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Mark a region as retiring; once it is destroyed, remove it.

    Nothing is destroyed here: step 1 prints the commands. Step 2 is refused while its state holds anything.

    Example: meridian remove-region dev eu-west-1
    """
    from meridian.change.remove_region import remove_region as run

    code = run(
        repository_root(root),
        environment,
        region,
        kind=target,
        without_state_check=without_state_check,
        dry_run=dry_run,
        as_json=as_json,
    )
    raise typer.Exit(code)


@app.command("add-env")
def add_environment(
    environment: Annotated[
        str, typer.Argument(metavar="ENV", show_default=False, help="The new environment's name.")
    ] = "",
    like: Annotated[str, typer.Option("--like", metavar="OTHER", help="The environment to copy.")] = "",
    account: Annotated[str, typer.Option("--account", metavar="ID", help="Its own account, 12 digits.")] = "",
    regions: Annotated[str, typer.Option("--regions", metavar="A,B", help="Default: those of the other.")] = "",
    root: RootOption = HERE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add an environment like another one, in its own account.

    Example: meridian add-env qa --like staging --account 123456789012 --regions us-east-1,eu-west-1
    """
    from meridian.change.add_environment import add_environment as run

    wanted = [one.strip() for one in regions.split(",")] if regions else []
    code = run(repository_root(root), environment, like, account, wanted, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def init(
    project: Annotated[str, typer.Option("--project", metavar="P", help="Names begin with P-ENV.")] = "",
    repository: Annotated[str, typer.Option("--repository", metavar="URL", help="Where this is, https.")] = "",
    account: Annotated[
        list[str] | None, typer.Option("--account", metavar="ENV=ID", help="The account of an environment; repeat it.")
    ] = None,
    root: RootOption = HERE,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a fork your own: project, repository, accounts; once.

    Example: meridian init --project shop --repository https://github.com/acme/shop.git --account dev=123456789012
    """
    from meridian.change.init import init as run

    raise typer.Exit(run(repository_root(root), project, repository, account or [], dry_run=dry_run, as_json=as_json))
