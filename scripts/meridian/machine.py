"""What the machine refuses, told apart from our own bugs."""

import errno

from meridian.errors import OperationFailed

# Rights, room, devices and limits. A file that is not there is none of these: that would be our own bug.
REFUSALS = frozenset(
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EIO", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG"),
        *("EMFILE", "ENFILE", "ENOMEM"),
    )
)


def refusal(error: OSError) -> OperationFailed | None:
    """Return what a person can mend, in a sentence; None where that is nothing."""
    if error.errno not in REFUSALS:
        return None
    return OperationFailed(
        f"{error.filename or 'the system'}: {error.strerror}.",
        "This checkout, the temporary folder and the state folder must be yours to write, with room left; "
        "XDG_STATE_HOME moves the last, TMPDIR the temporary one.",
    )
