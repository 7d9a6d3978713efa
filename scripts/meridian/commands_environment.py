"""The commands about one environment: what each is called and takes; the work is done elsewhere."""

from typing import Annotated

import typer

from meridian.errors import MeridianError
from meridian.options import HERE, DryRunOption, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.paths import repository_root

app = typer.Typer()

ConfirmOption = Annotated[
    str, typer.Option("--confirm", metavar="ENV", help="The environment's name, instead of typing it when asked.")
]


@app.command()
def up(environment: EnvironmentArgument = "dev", root: RootOption = HERE, as_json: JsonOption = False) -> None:
    """Start the local AWS, apply an environment to it, verify it.

    Example: meridian up dev
    """
    from meridian.deploy.up import up as run

    raise typer.Exit(run(repository_root(root), environment, as_json=as_json))


@app.command()
def down(
    environment: Annotated[str, typer.Argument(metavar="[ENV]", help="Default: every environment that runs.")] = "",
    root: RootOption = HERE,
    forget: Annotated[bool, typer.Option("--forget", help="Also wipe its state: the next up starts anew.")] = False,
) -> None:
    """Stop the local AWS; what it holds is kept for the next up.

    Example: meridian down dev --forget
    """
    from meridian.local.command import down as run

    raise typer.Exit(run(repository_root(root), environment, forget))


@app.command()
def bootstrap(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make or mend the state bucket of an environment.

    Example: meridian bootstrap dev --dry-run
    """
    from meridian.resolve import resolve
    from meridian.state.command import bootstrap as run

    where = resolve(root, environment, target, "bootstrap", as_json=as_json)
    raise typer.Exit(run(where, dry_run=dry_run, as_json=as_json))


@app.command()
def plan(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    as_json: JsonOption = False,
) -> None:
    """Plan every unit, save the plans and summarise them.

    Example: meridian plan dev --target local
    """
    from meridian.deploy.command import plan as run
    from meridian.resolve import resolve

    raise typer.Exit(run(resolve(root, environment, target, "plan", as_json=as_json), as_json=as_json))


@app.command()
def apply(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    confirm: ConfirmOption = "",
    as_json: JsonOption = False,
) -> None:
    """Apply the saved plans; plan provisional units again.

    A unit is provisional when its plan was made before what it needs was there.

    Example: meridian apply dev --target local
    """
    from meridian.deploy.command import apply as run
    from meridian.resolve import resolve

    where = resolve(root, environment, target, "apply", as_json=as_json)
    raise typer.Exit(run(where, confirm=confirm, as_json=as_json))


@app.command()
def destroy(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    confirm: ConfirmOption = "",
    as_json: JsonOption = False,
) -> None:
    """Destroy every unit of an environment; asks for its name.

    A protected environment is refused.

    Example: meridian destroy dev --target local --confirm dev
    """
    from meridian.deploy.command import destroy as run
    from meridian.deploy.command import require_destroyable
    from meridian.resolve import resolve

    where = resolve(root, environment, target, "destroy", as_json=as_json, require=require_destroyable)
    raise typer.Exit(run(where, confirm=confirm, as_json=as_json))


@app.command()
def verify(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    as_json: JsonOption = False,
) -> None:
    """Sign a real user in, call every region, prove refusals.

    Example: meridian verify dev --target local
    """
    from meridian.resolve import resolve
    from meridian.verify.command import verify as run

    raise typer.Exit(run(resolve(root, environment, target, "verify", as_json=as_json), as_json=as_json))


@app.command()
def env(environment: EnvironmentArgument = "", root: RootOption = HERE, target: TargetOption = "aws") -> None:
    """Print the variables that plain terragrunt needs in a shell.

    Example: eval "$(meridian env dev --target local)"
    """
    from meridian.deploy.shell import exports
    from meridian.resolve import resolve

    try:
        found = resolve(root, environment, target)
    except MeridianError:
        # `eval "$(...)"` knows only what is printed: nothing would be taken for success.
        print("false")
        raise
    print(exports(found))
