"""Errors of the machine and of AWS, kept apart from bugs of Meridian."""

import errno
import sys

from meridian.errors import CouldNotTell, MeridianError, OperationFailed

# Rights, room, devices and limits. ENOENT is not among them: a missing file is a bug of ours.
REFUSALS = frozenset(
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EIO", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG"),
        *("EMFILE", "ENFILE", "ENOMEM"),
    )
)


def known_error(error: Exception) -> MeridianError | None:
    """Return an error as one that a user can fix; None if it is a bug."""
    if isinstance(error, MeridianError):
        return error
    return machine_error(error) if isinstance(error, OSError) else _aws_error(error)


def machine_error(error: OSError) -> OperationFailed | None:
    """Return the error as one that a user can fix; None if it is a bug."""
    if error.errno not in REFUSALS:
        return None
    return OperationFailed(
        f"{error.filename or 'the system'}: {error.strerror}.",
        "This checkout, the temporary folder and the state folder must be writable and have room left; "
        "TMPDIR and XDG_STATE_HOME move the last two.",
    )


def _aws_error(error: Exception) -> CouldNotTell | None:
    exceptions = sys.modules.get("botocore.exceptions")  # loading it takes a command that has not called AWS too long
    if exceptions is None or not isinstance(error, (exceptions.BotoCoreError, exceptions.ClientError)):
        return None
    return CouldNotTell(
        f"AWS refused a call or did not answer: {error}",
        "Run the command again. If AWS refuses it again, ask for the right that the call needs: docs/accounts.md.",
    )
