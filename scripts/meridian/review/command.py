"""`meridian review`: a change is judged by the gate of the checkout before it, then by its own."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meridian import report
from meridian.console import say, step
from meridian.errors import CouldNotTell, MeridianError, UserError
from meridian.modules import git
from meridian.paths import out_dir
from meridian.review import change as changes
from meridian.review import comment, own
from meridian.review.result import Review
from meridian.review.seeded import seeded
from meridian.run.plans import Plans
from meridian.run.summary import UnitPlan
from meridian.scan.command import look
from meridian.scan.finding import Severity
from meridian.scan.outputs import Outputs, write
from meridian.scan.verdict import Verdict
from meridian.targets import Target

COMMAND = "review"
MARKDOWN = "review.md"


def review(root: Path, folder: Path, environment: str, *, static: bool, released: bool, as_json: bool) -> int:
    """Judge the checkout `folder`, a change of the checkout `root` that this gate belongs to.

    With an environment, what was before is deployed to a local AWS and the change is planned against it.
    `static`: nothing of the change is run, neither a plan nor its own gate. `released`: an owner has released
    what only an owner can. Writes out/review.json and out/review.md.
    Returns 0, 1 or what the change's own gate ended with; raises CouldNotTell, UserError.
    """
    out = out_dir(root)
    files = Outputs(COMMAND, sarif=out / f"{COMMAND}.sarif")
    with report.begun(root, COMMAND, as_json=as_json), files.red_until_written(), _told(out / MARKDOWN):
        changed = changes.read(root, folder)
        if static:
            found = Review(changed, *_before(folder, None, changed.base), own=None, parity=None, released=released)
        elif environment:
            with seeded(root, folder, environment) as target:
                found = _judge(changed, target, released)
        else:
            found = _judge(changed, None, released)
        if found.before is None:
            files.failed(found.unknown)
        else:
            files.write(found.before)
    text = comment.text(found.body())
    write(out / MARKDOWN, text)
    report.keep(root, COMMAND, found.code, found.body(), as_json=as_json)
    if not as_json:
        sys.stdout.write(text)
    return found.code


def against(root: Path, revision: str, environment: str, *, released: bool, as_json: bool) -> int:
    """Review the commit that is checked out, by the gate of another revision, in folders of their own.

    Raises UserError for a revision that there is not, CouldNotTell where that one has no `meridian review`.
    """
    with report.begun(root, COMMAND, as_json=as_json), _told(out_dir(root) / MARKDOWN):
        if git.run(root, "status", "--porcelain").strip():
            say("What is not committed is not looked at.")
        with _worktree(root, revision, "before") as before, _worktree(root, "HEAD", "change") as folder:
            own.set_up(before)
            words = [
                str(folder),
                *(("--env", environment) if environment else ()),
                *(("--released",) if released else ()),
            ]
            found = own.report(before, COMMAND, *words)
            markdown = out_dir(before) / MARKDOWN
            text = markdown.read_text(encoding="utf-8") if markdown.is_file() else ""
    write(out_dir(root) / MARKDOWN, text)
    code = int(found["exit_code"])
    report.keep(
        root, COMMAND, code, {k: v for k, v in found.items() if k not in {"command", "verdict"}}, as_json=as_json
    )
    if "error" in found:
        raise CouldNotTell(f"The review by {revision} ended with {code}: {found['error']}", str(found.get("hint", "")))
    if not as_json:
        sys.stdout.write(text)
    return code


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Let the comment say that the review could not tell, where it ends with an error."""
    write(file, comment.failed("The review began and did not end."))
    try:
        yield
    except MeridianError as error:
        write(file, comment.failed(error.message))
        raise


def _judge(changed: changes.Change, target: Target | None, released: bool) -> Review:
    plans: list[UnitPlan] = []
    if target:
        with step(f"plan {target.environment.name} with the change"):
            plans = Plans(target).make()
    before, unknown = _before(changed.folder, target, changed.base)
    # From here on what the change brings is run: what was found is safe in memory.
    own.set_up(changed.folder)
    where = ("--env", target.environment.name, "--target", "local") if target else ()
    return Review(
        change=changed,
        before=before,
        unknown=unknown,
        own=own.report(changed.folder, "scan", "--base", changed.base, *where),
        parity=own.report(changed.folder, "parity"),
        environment=target.environment.name if target else "",
        plans=plans,
        rendered=_rendered(changed),
        released=released,
    )


def _before(folder: Path, target: Target | None, base: str) -> tuple[Verdict | None, str]:
    say("-> the gate before the change")
    try:
        return look(folder, target, Severity.MEDIUM, base=base), ""
    except MeridianError as error:
        return None, error.message


def _rendered(changed: changes.Change) -> str:
    shown = git.run(
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
def _worktree(root: Path, revision: str, name: str) -> Iterator[Path]:
    """Yield a checkout of a revision in a folder that is removed afterwards, with all of the history."""
    with tempfile.TemporaryDirectory(prefix="meridian-review-") as parent:
        folder = Path(parent) / name
        try:
            commit = (
                git.run(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
            )
        except UserError as error:
            raise UserError(f"There is no revision {revision!r} here.", "Fetch it, e.g. `git fetch origin`.") from error
        git.run(root, "clone", "--quiet", "--shared", "--no-checkout", str(root), str(folder))
        git.run(folder, "checkout", "--quiet", "--detach", commit)
        yield folder
