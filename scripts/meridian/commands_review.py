"""The commands of the gate, the review and GitHub; see meridian.gate, meridian.gate.review and meridian.gate.github."""

from pathlib import Path
from typing import Annotated

import typer

from meridian import report
from meridian.errors import UserError
from meridian.options import HERE, JsonOption, RootOption, TargetOption
from meridian.paths import repository_root

app = typer.Typer()


@app.command()
def scan(
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="Also scan the plan of every unit.")] = "",
    modules: Annotated[bool, typer.Option("--modules", help="Only code and tree, without AWS (the default).")] = False,
    target: TargetOption = "aws",
    root: RootOption = HERE,
    fail_on: Annotated[str, typer.Option("--fail-on", help="LOW, MEDIUM, HIGH or CRITICAL.")] = "MEDIUM",
    sarif: Annotated[Path | None, typer.Option("--sarif", metavar="FILE", help="Default: out/scan.sarif.")] = None,
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
    from meridian.gate.command import scan as run
    from meridian.resolve import resolve

    if modules and environment:
        raise UserError("--modules and --env exclude each other.", "--env scans the modules too.")
    where = resolve(root, environment, target, "scan", as_json=as_json) if environment else None
    found = where.root if where else repository_root(root)
    files = {"sarif": sarif, "markdown": markdown}
    raise typer.Exit(run(found, where, fail_on=fail_on, final=final, base=base, as_json=as_json, **files))


@app.command()
def review(
    change: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", show_default=False, help="A checkout of the change."),
    ] = None,
    base: Annotated[
        str, typer.Option("--base", metavar="REVISION", help="Review the checked-out commit with the gate of REVISION.")
    ] = "",
    environment: Annotated[
        str, typer.Option("--env", metavar="ENV", help="Also plan ENV on a local AWS with the base deployed.")
    ] = "",
    static: Annotated[
        bool, typer.Option("--static", help="Run no code of the change: no plan, not its own gate.")
    ] = False,
    released: Annotated[bool, typer.Option("--released", help="An owner has released the change of the gate.")] = False,
    root: RootOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Check a change with the gate of its base, then with its own gate.

    Exits with 1 also if it changes the gate, until an owner has released it. Writes out/review.md and .json.

    Example: meridian review --base origin/main --env dev
    """
    from meridian.gate.review import command

    if (change is None) == (not base):
        raise UserError("Name the folder of a change, or --base REVISION.", "Run `meridian review --base origin/main`.")
    if static and (environment or change is None):
        raise UserError(
            "--static needs a FOLDER and excludes --env.", "A plan would run the change's own build script."
        )
    here = repository_root(root)
    if change is None:
        code = command.against(here, base, environment, released=released, as_json=as_json)
    else:
        with report.begun(here, "review", as_json=as_json):
            folder = repository_root(change)
        code = command.review(here, folder, environment, static=static, released=released, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def comment(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the pull request.")],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Contains before/review.json and review/review.json.")
    ],
) -> None:
    """Create or update the comment on a pull request from two reviews.

    `before` comes from a job that ran no code of the change, `review` from one that did.

    Example: meridian comment 17 out/reviews
    """
    from meridian.gate.github import api
    from meridian.gate.github.command import comment as run

    raise typer.Exit(run(api.from_environment(), number, folder))


@app.command()
def reviewers(
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="A GitHub environment.")],
) -> None:
    """Fail unless a GitHub environment has required reviewers.

    Example: meridian reviewers gate-change
    """
    from meridian.gate.github import api
    from meridian.gate.github.command import require_reviewers

    raise typer.Exit(require_reviewers(api.from_environment(), environment))


@app.command()
def outputs(
    commands: Annotated[
        list[str], typer.Argument(metavar="COMMAND...", help="Commands whose reports to read: plan, scan, ...")
    ],
    root: RootOption = HERE,
) -> None:
    """Write the last reports to the outputs and summary of a GitHub Actions job.

    Example: meridian outputs plan scan apply verify
    """
    from meridian.gate.github.outputs import tell

    raise typer.Exit(tell(repository_root(root), commands))
