"""`meridian review`: check a change with the gate of its base, then with its own gate."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from meridian import git, report
from meridian.console import say, step
from meridian.errors import CouldNotTell, MeridianError, UserError
from meridian.gate.command import scan_checkout
from meridian.gate.finding import Severity
from meridian.gate.report.outputs import Outputs, write
from meridian.gate.review import comment, programs
from meridian.gate.review.baseline import deployed_base
from meridian.gate.review.change import Change, read_change
from meridian.gate.review.result import Review
from meridian.gate.verdict import Verdict
from meridian.options import HERE, JsonOption, RootOption
from meridian.paths import out_dir, repository_root
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan
from meridian.targets import Target

COMMAND = "review"
MARKDOWN = "review.md"


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
) -> int:
    """Check a change with the gate of its base, then with its own gate.

    Exits with 1 also if it changes the gate, until an owner has released it. Writes out/review.md and .json.

    Example: meridian review --base origin/main --env dev
    """
    if (change is None) == (not base):
        raise UserError("Name the folder of a change, or --base REVISION.", "Run `meridian review --base origin/main`.")
    if static and (environment or change is None):
        raise UserError(
            "--static needs a FOLDER and excludes --env.", "A plan would run the change's own build script."
        )
    if change is None:
        return review_against(root, base, environment, released=released, as_json=as_json)
    with report.report_started(root, COMMAND, as_json=as_json):
        folder = repository_root(change)
    return review_folder(root, folder, environment, static=static, released=released, as_json=as_json)


def review_folder(root: Path, folder: Path, environment: str, *, static: bool, released: bool, as_json: bool) -> int:
    """Check the checkout `folder` with the gate of this checkout, which is its base; write out/review.json and .md.

    With an environment, the base is deployed to a local AWS and the change is planned against it. `static` runs
    nothing of the change: no plan, not its own gate. `released`: an owner has released the change of the gate.
    Returns 0, 1 or the exit code of the change's own gate; raises CouldNotTell, UserError.
    """
    out = out_dir(root)
    files = Outputs(COMMAND, sarif=out / f"{COMMAND}.sarif")
    with report.report_started(root, COMMAND, as_json=as_json), files.red_until_written(), _failure_in(out / MARKDOWN):
        changed = read_change(root, folder)
        if static:
            before = _scan_with_base(folder, None, changed.base)
            found = Review(changed, *before, own=None, parity=None, released=released)
        elif environment:
            with deployed_base(root, folder, environment) as target:
                found = _review_all(changed, target, released)
        else:
            found = _review_all(changed, None, released)
        if found.before is None:
            files.failed(found.unknown)
        else:
            files.write(found.before)
    text = comment.format_review(found.body())
    write(out / MARKDOWN, text)
    report.write_report(root, COMMAND, found.code, found.body(), as_json=as_json)
    if not as_json:
        sys.stdout.write(text)
    return found.code


def review_against(root: Path, revision: str, environment: str, *, released: bool, as_json: bool) -> int:
    """Review the checked-out commit with the gate of another revision, each in a temporary clone.

    Raises UserError for an unknown revision, CouldNotTell if that revision has no `meridian review`.
    """
    with report.report_started(root, COMMAND, as_json=as_json), _failure_in(out_dir(root) / MARKDOWN):
        if git.run_git(root, "status", "--porcelain").strip():
            say("Uncommitted changes are not part of this review.")
        with _clone(root, revision, "before") as before, _clone(root, "HEAD", "change") as folder:
            programs.set_up(before)
            words = [
                str(folder),
                *(("--env", environment) if environment else ()),
                *(("--released",) if released else ()),
            ]
            found = programs.run_command(before, COMMAND, *words)
            markdown = out_dir(before) / MARKDOWN
            text = markdown.read_text(encoding="utf-8") if markdown.is_file() else ""
    write(out_dir(root) / MARKDOWN, text)
    code = int(found["exit_code"])
    report.write_report(
        root, COMMAND, code, {k: v for k, v in found.items() if k not in {"command", "verdict"}}, as_json=as_json
    )
    if "error" in found:
        raise CouldNotTell(f"The review by {revision} ended with {code}: {found['error']}", str(found.get("hint", "")))
    if not as_json:
        sys.stdout.write(text)
    return code


@contextmanager
def _failure_in(file: Path) -> Iterator[None]:
    """Write a failure as the comment first and after an error, so that an old comment never survives."""
    write(file, comment.format_failure("The review started and did not finish."))
    try:
        yield
    except MeridianError as error:
        write(file, comment.format_failure(error.message))
        raise


def _review_all(changed: Change, target: Target | None, released: bool) -> Review:
    plans: list[UnitPlan] = []
    if target:
        with step(f"plan {target.environment.name} with the change"):
            plans = Plans(target).make()
    before, unknown = _scan_with_base(changed.folder, target, changed.base)
    # From here on code of the change runs; the verdict of the base is already in memory.
    programs.set_up(changed.folder)
    where = ("--env", target.environment.name, "--target", "local") if target else ()
    return Review(
        change=changed,
        before=before,
        unknown=unknown,
        own=programs.run_command(changed.folder, "scan", "--base", changed.base, *where),
        parity=programs.run_command(changed.folder, "parity"),
        environment=target.environment.name if target else "",
        plans=plans,
        rendered=_diff_live(changed),
        released=released,
    )


def _scan_with_base(folder: Path, target: Target | None, base: str) -> tuple[Verdict | None, str]:
    say("-> the gate of the base")
    try:
        return scan_checkout(folder, target, Severity.MEDIUM, base=base), ""
    except MeridianError as error:
        return None, error.message


def _diff_live(changed: Change) -> str:
    shown = git.run_git(
        changed.folder,
        "diff",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        f"{changed.base}...{changed.head}",
        "--",
        "live",
        ":(exclude)live/*/.terraform.lock.hcl",
    )
    return shown.decode(errors="replace")


@contextmanager
def _clone(root: Path, revision: str, name: str) -> Iterator[Path]:
    """Yield a temporary clone of a revision, with its whole history."""
    with tempfile.TemporaryDirectory(prefix="meridian-review-") as parent:
        folder = Path(parent) / name
        try:
            commit = (
                git.run_git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
                .decode()
                .strip()
            )
        except UserError as error:
            raise UserError(f"This repository has no revision {revision!r}.", "Run `git fetch origin`.") from error
        git.run_git(root, "clone", "--quiet", "--shared", "--no-checkout", str(root), str(folder))
        git.run_git(folder, "checkout", "--quiet", "--detach", commit)
        yield folder
