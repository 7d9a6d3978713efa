"""`meridian down` and `meridian bootstrap`."""

from dataclasses import asdict
from pathlib import Path

from meridian import report
from meridian.console import say, step
from meridian.errors import Exit
from meridian.local import bootstrap as state
from meridian.local import server
from meridian.targets import Target


def down(root: Path, environment: str, forget: bool) -> int:
    """Stop the local AWS of an environment, or of all (""); with `forget`, wipe what it holds. Always 0.

    The inventory is not read: what runs can be stopped even if that is broken.
    """
    known = server.environments(root)
    wanted = [environment] if environment else known
    if not wanted:
        say("There is no local AWS of this checkout.")
    for name in wanted:
        if name not in known:
            say(f"{name}: there is no local AWS.")
            continue
        with step(f"stop the local AWS of {name}" + (" and wipe what it holds" if forget else "")):
            ran = server.stop(root, name, forget)
        if not ran:
            say(f"   {name}: it did not run.")
    return Exit.OK


# S3 user guide, "Enabling versioning on buckets": until it has spread, a new object may answer 404.
VERSIONING_IS_NEW = "Versioning is new: wait 15 minutes before the first apply, until S3 has it everywhere."


def bootstrap(target: Target, *, dry_run: bool, as_json: bool) -> int:
    """Make or mend the state bucket and its key, one line on stdout for each change.

    0, or 1 in a dry run that found differences.
    """
    changes = state.bootstrap(target, dry_run)
    code = Exit.FINDINGS if changes and dry_run else Exit.OK
    body = {
        "environment": target.environment.name,
        "target": target.kind,
        "dry_run": dry_run,
        "changes": [asdict(change) for change in changes],
    }
    report.keep(target.root, "bootstrap", code, body, as_json=as_json)
    if as_json:
        return code
    for change in changes:
        print(f"{'would change' if dry_run else 'changed'}  {change}")
    if target.kind == "aws" and not dry_run and any(change.setting == "versioning" for change in changes):
        say(VERSIONING_IS_NEW)
    if not changes:
        print("Nothing to change: the state bucket and its key are as they must be.")
    return code
