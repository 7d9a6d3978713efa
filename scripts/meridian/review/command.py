"""`meridian review`: run the gate of its base on a change, then the change's own gate."""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from meridian import git, report
from meridian.change.impact import compare_with, find_base, group_reasons
from meridian.change.touched import Touched
from meridian.console import say, step
from meridian.deploy.summary.summary import Summary, read_summary
from meridian.errors import CouldNotTell, Exit, MeridianError, UserError
from meridian.gate.command import scan_checkout
from meridian.gate.finding import Severity
from meridian.gate.report.outputs import Outputs, write
from meridian.gate.verdict import merge_verdicts
from meridian.options import HERE, JsonOption, RootOption
from meridian.paths import PROVIDER_LOCK, out_dir, repository_root
from meridian.plans.saved import Plans
from meridian.review import comment, programs
from meridian.review.baseline import deployed_base
from meridian.review.change import Change, read_change
from meridian.review.planned import Planned
from meridian.review.result import Review
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
        list[str] | None,
        typer.Option("--env", metavar="ENV", help="Also plan ENV on a local AWS with the base deployed; repeatable."),
    ] = None,
    touched: Annotated[
        bool, typer.Option("--touched", help="Also plan each environment whose units the change touches.")
    ] = False,
    static: Annotated[
        bool, typer.Option("--static", help="Run no code of the change: no plan, not its own gate.")
    ] = False,
    released: Annotated[bool, typer.Option("--released", help="An owner has released the change of the gate.")] = False,
    root: RootOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Run the gate of its base on a change, then the change's own gate.

    Exits with 1 also if it changes the gate, until an owner has released it. Writes out/review.md and .json.

    Example: meridian review --base origin/main --env dev
    """
    if (change is None) == (not base):
        raise UserError("Name the folder of a change, or --base REVISION.", "Run `meridian review --base origin/main`.")
    planned = Planned(tuple(environment or ()), touched=touched)
    if static and (planned or change is None):
        raise UserError(
            "--static needs a FOLDER and excludes --env and --touched.",
            "A plan would run the change's own build script.",
        )
    if change is None:
        return review_against(root, base, planned, released=released, as_json=as_json)
    return review_folder(root, change, planned, static=static, released=released, as_json=as_json)


def review_folder(root: Path, change: Path, planned: Planned, *, static: bool, released: bool, as_json: bool) -> int:
    """Check the checkout `change` with the gate of this checkout, which is its base; write out/review.json and .md.

    For each planned environment, the base is deployed to a local AWS and the change is planned against it. `static`
    runs nothing of the change: no plan, not its own gate. `released`: an owner has released the change of the gate.
    Returns 0, 1 or the exit code of the change's own gate; raises CouldNotTell, UserError.
    """
    files = Outputs(COMMAND, sarif=out_dir(root) / f"{COMMAND}.sarif")
    with _review_started(root, as_json), files.red_until_written():
        changed = read_change(root, repository_root(change))
        touched = () if static else compare_with(changed.folder, find_base(changed.folder, changed.base))[0]
        with ExitStack() as stack:
            targets = [
                stack.enter_context(deployed_base(root, changed.folder, name))
                for name in planned.environments(changed.folder, touched)
            ]
            found = _find_review(changed, targets, touched, static=static, released=released)
        if found.before is None:
            files.failed(found.unknown)
        else:
            files.write(found.before)
    return _write_review(root, found.code, found.body(), comment.format_review(found.body()), as_json)


def review_against(root: Path, revision: str, planned: Planned, *, released: bool, as_json: bool) -> int:
    """Review the checked-out commit with the gate of another revision, each in a temporary clone.

    Raises UserError for an unknown revision, CouldNotTell if that revision has no `meridian review`.
    """
    with _review_started(root, as_json), tempfile.TemporaryDirectory(prefix="meridian-review-") as folder:
        if git.run_git(root, "status", "--porcelain").strip():
            say("Uncommitted changes are not part of this review.")
        before = _clone(root, revision, Path(folder) / "before")
        change = _clone(root, "HEAD", Path(folder) / "change")
        programs.set_up(before)
        words = [*planned.words(), *(("--released",) if released else ())]
        found = programs.run_command(before, COMMAND, str(change), *words)
        code = int(found["exit_code"])
        if "error" in found:
            raise CouldNotTell(
                f"The review by {revision} ended with {code}: {found['error']}", str(found.get("hint", ""))
            )
        text = (out_dir(before) / MARKDOWN).read_text(encoding="utf-8")
    return _write_review(root, code, found, text, as_json)


@contextmanager
def _review_started(root: Path, as_json: bool) -> Iterator[None]:
    """Write an incomplete report and comment first, so that old ones never survive, and write an error to both."""
    file = out_dir(root) / MARKDOWN
    with report.report_started(root, COMMAND, as_json=as_json):
        write(file, comment.format_failure("The review started and did not finish."))
        try:
            yield
        except MeridianError as error:
            write(file, comment.format_failure(error.message))
            raise


def _write_review(root: Path, code: int, body: Mapping[str, Any], text: str, as_json: bool) -> int:
    write(out_dir(root) / MARKDOWN, text)
    report.write_report(root, COMMAND, code, body, as_json=as_json)
    if not as_json:
        sys.stdout.write(text)
    return code


def _find_review(
    changed: Change, targets: Sequence[Target], touched: Sequence[Touched], *, static: bool, released: bool
) -> Review:
    plans = [_plan(target) for target in targets]
    before, unknown = None, ""
    try:
        with step("the gate of the base"):
            scans = [
                scan_checkout(changed.folder, target, Severity.MEDIUM, base=changed.base)
                for target in targets or (None,)
            ]
            before = merge_verdicts(scans)
    except MeridianError as error:
        unknown = error.message
    if static:
        return Review(changed, before, unknown, released=released)
    # From here on code of the change runs; the verdict of the base is already in memory.
    programs.set_up(changed.folder)
    where = [["--env", target.environment.name, "--target", "local"] for target in targets] or [[]]
    own = [programs.run_command(changed.folder, "scan", "--base", changed.base, *one) for one in where]
    return Review(
        change=changed,
        before=before,
        unknown=unknown,
        own=next((one for one in own if one["exit_code"] != Exit.OK), own[-1]),
        parity=programs.run_command(changed.folder, "parity"),
        plans=plans,
        reasons=group_reasons(touched),
        rendered=changed.diff("live", f":(exclude)live/*/{PROVIDER_LOCK}"),
        released=released,
    )


def _plan(target: Target) -> Summary:
    plans = Plans(target)
    with step(f"plan {target.environment.name} with the change"):
        made = plans.make()
    return read_summary(plans, made)


def _clone(root: Path, revision: str, folder: Path) -> Path:
    """Clone a revision, with its whole history; return the folder."""
    try:
        commit = git.run_git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except UserError as error:
        raise UserError(f"This repository has no revision {revision!r}.", "Run `git fetch origin`.") from error
    git.run_git(root, "clone", "--quiet", "--shared", "--no-checkout", str(root), str(folder))
    git.run_git(folder, "checkout", "--quiet", "--detach", commit.decode().strip())
    return folder
