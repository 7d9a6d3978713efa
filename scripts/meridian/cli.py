"""The command line: what each command is called and takes; the work is done elsewhere."""

import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from meridian import commands_regions, commands_releases, commands_review
from meridian.console import open_streams, say
from meridian.errors import Exit, MeridianError, UserError
from meridian.machine import refusal
from meridian.paths import INVENTORY, repository_root

app = typer.Typer(
    name="meridian",
    help="One inventory, many regions, one verified serverless API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(commands_releases.app)
app.add_typer(commands_regions.app)
app.add_typer(commands_review.app)

EnvironmentArgument = Annotated[
    str, typer.Argument(metavar="ENV", show_default=False, help="An environment of live/inventory.yaml.")
]
RootOption = Annotated[Path, typer.Option("--root", help="The repository; default: the one this is run in.")]
TargetOption = Annotated[
    str, typer.Option("--target", envvar="MERIDIAN_TARGET", metavar="local|aws", help="Where the environment is.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
ConfirmOption = Annotated[
    str, typer.Option("--confirm", metavar="ENV", help="The environment's name, instead of typing it when asked.")
]
HERE = Path()


@app.command()
def up(environment: EnvironmentArgument = "dev", root: RootOption = HERE, as_json: JsonOption = False) -> None:
    """Start the local AWS, apply an environment to it, verify it.

    Example: meridian up dev
    """
    from meridian.run.up import up as run

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
def generate(
    root: RootOption = HERE,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 with a diff if it is stale.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite generated files that were edited by hand.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Render live/ from live/inventory.yaml.

    Example: meridian generate --check
    """
    from meridian.generate.command import generate as run

    raise typer.Exit(run(repository_root(root), check=check, force=force, as_json=as_json))


@app.command()
def bootstrap(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make or mend the state bucket of an environment.

    Example: meridian bootstrap dev --dry-run
    """
    from meridian.local.command import bootstrap as run
    from meridian.run.resolve import resolve

    raise typer.Exit(run(resolve(root, environment, target), dry_run=dry_run, as_json=as_json))


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
    from meridian.run.command import plan as run
    from meridian.run.resolve import resolve

    raise typer.Exit(run(resolve(root, environment, target), as_json=as_json))


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
    from meridian.run.command import apply as run
    from meridian.run.resolve import resolve

    raise typer.Exit(run(resolve(root, environment, target), confirm=confirm, as_json=as_json))


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
    from meridian.inventory.load import load
    from meridian.run.command import destroy as run
    from meridian.run.command import require_destroyable
    from meridian.run.resolve import resolve

    require_destroyable(load(repository_root(root) / INVENTORY).environment(environment))
    raise typer.Exit(run(resolve(root, environment, target), confirm=confirm, as_json=as_json))


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
    from meridian.run.resolve import resolve
    from meridian.verify.command import verify as run

    raise typer.Exit(run(resolve(root, environment, target), as_json=as_json))


@app.command()
def env(environment: EnvironmentArgument = "", root: RootOption = HERE, target: TargetOption = "aws") -> None:
    """Print the variables that plain terragrunt needs in a shell.

    Example: eval "$(meridian env dev --target local)"
    """
    from meridian.run.resolve import resolve
    from meridian.run.shell import exports

    try:
        found = resolve(root, environment, target)
    except MeridianError:
        # `eval "$(...)"` knows only what is printed: nothing would be taken for success.
        print("false")
        raise
    print(exports(found))


@app.command()
def scan(
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="Also scan the plan of every unit.")] = "",
    modules: Annotated[bool, typer.Option("--modules", help="Only code and tree, without AWS (the default).")] = False,
    target: TargetOption = "aws",
    root: RootOption = HERE,
    fail_on: Annotated[str, typer.Option("--fail-on", help="LOW, MEDIUM, HIGH or CRITICAL.")] = "MEDIUM",
    sarif: Annotated[Path | None, typer.Option("--sarif", metavar="FILE", help="Default: out/scan.sarif.")] = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Default: out/scan.xml.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Default: out/scan.md.")] = None,
    base: Annotated[
        str, typer.Option("--base", metavar="REVISION", help="Also look for secrets in the commits since then.")
    ] = "",
    final: Annotated[bool, typer.Option("--final", help="The plans are about to be applied: no mock in them.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Scan modules and tree, with --env also every plan.

    Exit 1 for findings; 3, never 0, where anything could not be looked at.

    Example: meridian scan --env dev --target local
    """
    from meridian.run.resolve import resolve
    from meridian.scan.command import scan as run

    if modules and environment:
        raise UserError("--modules and --env exclude each other.", "--env scans the modules too.")
    where = resolve(root, environment, target) if environment else None
    found = where.root if where else repository_root(root)
    files = {"sarif": sarif, "junit": junit, "markdown": markdown}
    raise typer.Exit(run(found, where, fail_on=fail_on, final=final, base=base, as_json=as_json, **files))


@app.command()
def doctor(root: RootOption = HERE, as_json: JsonOption = False) -> None:
    """Say what is installed, what is missing and what to do.

    Example: meridian doctor
    """
    from meridian.doctor import run

    raise typer.Exit(run(repository_root(root), as_json))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no traceback for what a user can cause."""
    open_streams()
    try:
        app(args=None if argv is None else list(argv), prog_name="meridian")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(Exit.BUG)
        if code == 130:
            say("interrupted; what was begun may be half done, the same command goes on from there.")
            return int(Exit.FAILED)
        return code
    except MeridianError as error:
        return _told(error)
    except Exception as error:  # the one place where our own bugs end
        if isinstance(error, OSError) and (told := refusal(error)):
            return _told(told)
        with tempfile.NamedTemporaryFile("w", prefix="meridian-", suffix=".txt", delete=False) as file:
            traceback.print_exc(file=file)
        say(f"error: this is a bug in meridian, please report it with {file.name}")
        return int(Exit.BUG)
    return int(Exit.OK)


def _told(error: MeridianError) -> int:
    say(f"error: {error.message}")
    if error.hint:
        say(f"  {error.hint}")
    return int(error.code)


if __name__ == "__main__":
    sys.exit(main())
