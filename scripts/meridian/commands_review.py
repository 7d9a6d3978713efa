"""The commands that judge; the work is done in meridian.scan, meridian.review and meridian.github."""

from pathlib import Path
from typing import Annotated

import typer

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
    from meridian.run.resolve import resolve
    from meridian.scan.command import scan as run

    if modules and environment:
        raise UserError("--modules and --env exclude each other.", "--env scans the modules too.")
    where = resolve(root, environment, target) if environment else None
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
        str, typer.Option("--base", metavar="REVISION", help="Review what is checked out here, by that one's gate.")
    ] = "",
    environment: Annotated[
        str, typer.Option("--env", metavar="ENV", help="Also plan ENV on a local AWS that holds what was before.")
    ] = "",
    static: Annotated[
        bool, typer.Option("--static", help="Run nothing of the change in FOLDER: no plan, not its own gate.")
    ] = False,
    released: Annotated[bool, typer.Option("--released", help="An owner has released what only an owner can.")] = False,
    root: RootOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Judge a change by the gate before it, then by its own.

    Exit 1 also while a part of the gate is changed and no owner has released it. Writes out/review.md.

    Example: meridian review --base origin/main --env dev
    """
    from meridian.review import command

    if (change is None) == (not base):
        raise UserError(
            "Name the folder of a change, or --base REVISION.", "E.g. `meridian review --base origin/main`."
        )
    if static and (environment or change is None):
        raise UserError("--static takes a FOLDER and no --env.", "A plan runs the change's own build script.")
    here = repository_root(root)
    if change is None:
        code = command.against(here, base, environment, released=released, as_json=as_json)
    else:
        folder = repository_root(change)
        code = command.review(here, folder, environment, static=static, released=released, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def comment(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The pull request's.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Holds before/review.json and review/review.json.")],
) -> None:
    """Make two reviews our one comment on a pull request.

    The first, `before`, is that of a job in which nothing of the change ran.

    Example: meridian comment 17 out/reviews
    """
    from meridian.github import api
    from meridian.github.command import comment as run

    raise typer.Exit(run(api.from_environment(), number, folder))


@app.command()
def reviewers(
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="An environment of the code host.")],
) -> None:
    """Refuse where an environment of the code host asks nobody.

    Example: meridian reviewers gate-change
    """
    from meridian.github import api
    from meridian.github.command import require_reviewers

    raise typer.Exit(require_reviewers(api.from_environment(), environment))


@app.command()
def outputs(
    commands: Annotated[list[str], typer.Argument(metavar="COMMAND...", help="Whose last report: plan, scan, ...")],
    root: RootOption = HERE,
) -> None:
    """Give the last reports to a job of GitHub Actions.

    Example: meridian outputs plan scan apply verify
    """
    from meridian.github.outputs import tell

    raise typer.Exit(tell(repository_root(root), commands))
