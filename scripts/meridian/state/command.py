"""`meridian bootstrap`."""

from dataclasses import asdict

from meridian import report
from meridian.console import say
from meridian.errors import Exit
from meridian.options import HERE, DryRunOption, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.resolve import resolve
from meridian.state import bootstrap as state

# S3 user guide, "Enabling versioning on buckets": until it has spread, a new object may answer 404.
VERSIONING_IS_NEW = "Versioning is new: wait 15 minutes before the first apply, until S3 has it everywhere."


@report.with_report("bootstrap")
def bootstrap(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> int:
    """Create the state bucket of an environment and its KMS key, or correct their settings.

    A dry run exits with 1 if it would change something.

    Example: meridian bootstrap dev --dry-run
    """
    changes = state.correct_state_bucket(resolve(root, environment, target), dry_run)
    code = Exit.FINDINGS if changes and dry_run else Exit.OK
    about = {"environment": environment, "target": target, "dry_run": dry_run}
    body = {**about, "changes": [asdict(change) for change in changes]}
    report.write_report(root, "bootstrap", code, body, as_json=as_json)
    if as_json:
        return code
    for change in changes:
        print(f"{'would change' if dry_run else 'changed'}  {change}")
    if target == "aws" and not dry_run and any(change.setting == "versioning" for change in changes):
        say(VERSIONING_IS_NEW)
    if not changes:
        print("Nothing to change: the state bucket and its key have every setting.")
    return code
