"""Errors of the machine, kept apart from bugs of Meridian."""

import errno

from meridian.errors import OperationFailed

# Rights, room, devices and limits. ENOENT is not among them: a missing file is a bug of ours.
REFUSALS = frozenset(
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EIO", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG"),
        *("EMFILE", "ENFILE", "ENOMEM"),
    )
)


def machine_error(error: OSError) -> OperationFailed | None:
    """Return the error as one that a user can fix; None if it is a bug."""
    if error.errno not in REFUSALS:
        return None
    return OperationFailed(
        f"{error.filename or 'the system'}: {error.strerror}.",
        "This checkout, the temporary folder and the state folder must be writable and have room left; "
        "TMPDIR and XDG_STATE_HOME move the last two.",
    )
