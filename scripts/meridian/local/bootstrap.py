"""The state bucket of an environment and its key, made or mended: the same for local and real AWS."""

from botocore.exceptions import BotoCoreError, ClientError

from meridian.errors import CouldNotTell, OperationFailed
from meridian.local.facts import Change
from meridian.local.state_bucket import settle_bucket
from meridian.local.state_key import settle_key
from meridian.targets import Target


def bootstrap(target: Target, dry_run: bool) -> list[Change]:
    """Read every setting, change those that differ and return them; `dry_run` changes nothing.

    Raises UserError if bucket or key cannot be what they must, CouldNotTell if AWS does
    not answer, OperationFailed if it refuses a call.
    """
    environment = target.environment
    target.require_account()
    tags = {
        "Project": environment.prefix.removesuffix(f"-{environment.name}"),
        "Environment": environment.name,
        "Repository": target.repository,
    }
    try:
        key, changes = settle_key(target, tags, dry_run=dry_run)
        return changes + settle_bucket(target, key, tags, dry_run=dry_run)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        refused = f"{environment.name}: AWS refused {error.operation_name} ({code}): {message}"
        if dry_run:
            raise CouldNotTell(
                refused, "The credentials must be allowed to read the state bucket and its key."
            ) from error
        raise OperationFailed(
            refused, "What was done before is kept; run `meridian bootstrap` again once the cause is gone."
        ) from error
    except BotoCoreError as error:
        raise CouldNotTell(f"{environment.name}: AWS did not answer: {error}", "Try again.") from error
