"""Create or correct the state bucket of an environment and its key, on local and real AWS alike."""

from botocore.exceptions import BotoCoreError, ClientError

from meridian.aws import error_code
from meridian.errors import CouldNotTell, OperationFailed
from meridian.state.bucket import correct_bucket
from meridian.state.copy import correct_replication, of_copy, stop_replication
from meridian.state.key import correct_key
from meridian.state.settings import Change
from meridian.targets import Target


def correct_state_bucket(target: Target, dry_run: bool) -> list[Change]:
    """Read every setting, change those that differ and return them; `dry_run` changes nothing.

    Raises UserError if bucket or key cannot be used, CouldNotTell if AWS does not answer,
    OperationFailed if AWS refuses a call.
    """
    environment = target.environment
    target.require_account()
    tags = {
        "Project": environment.prefix.removesuffix(f"-{environment.name}"),
        "Environment": environment.name,
        "Repository": target.repository,
    }
    try:
        key, changes = _correct_store(target, tags, dry_run)
        if environment.state_copy:
            copy_key, more = _correct_store(of_copy(target), tags, dry_run)
            changes += more + correct_replication(target, key, copy_key, dry_run=dry_run)
        else:
            changes += stop_replication(target, dry_run=dry_run)
        return changes
    except ClientError as error:
        code, message = error_code(error), error.response["Error"]["Message"]
        refused = f"{environment.name}: AWS refused {error.operation_name} ({code}): {message}"
        if dry_run:
            raise CouldNotTell(refused, "Use credentials that may read the state bucket and its key.") from error
        raise OperationFailed(
            refused, "Earlier changes stay; fix the cause and run `meridian bootstrap` again."
        ) from error
    except BotoCoreError as error:
        raise CouldNotTell(f"{environment.name}: AWS did not answer: {error}", "Run the command again.") from error


def _correct_store(target: Target, tags: dict[str, str], dry_run: bool) -> tuple[str | None, list[Change]]:
    """Correct a key and its bucket; return the key's ARN (None in a dry run before it exists) and the changes."""
    key, changes = correct_key(target, tags, dry_run=dry_run)
    return key, changes + correct_bucket(target, key, tags, dry_run=dry_run)
