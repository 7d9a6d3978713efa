"""The exit codes of a command, and one exception for each."""

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes; every command uses the same."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNKNOWN = 3
    FAILED = 4
    BUG = 70


class MeridianError(Exception):
    """A failure that a user can act on.

    `message` is one sentence with the place and the problem; `hint` is what to do.
    Every other exception is a bug of Meridian.
    """

    code = Exit.FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UserError(MeridianError):
    """Bad input or usage (exit 2)."""

    code = Exit.USAGE


class Refused(MeridianError):
    """The security gate or a comparison has findings (exit 1)."""

    code = Exit.FINDINGS


class CouldNotTell(MeridianError):
    """The result is unknown because it could not be observed (exit 3, never green)."""

    code = Exit.UNKNOWN


class OperationFailed(MeridianError):
    """An operation started and failed (exit 4)."""

    code = Exit.FAILED


def combine_errors(errors: Iterable[MeridianError]) -> MeridianError:
    """Return the first non-user error, or one UserError with all messages."""
    found = list(errors)
    for error in found:
        if not isinstance(error, UserError):
            return error
    hints = dict.fromkeys(error.hint for error in found if error.hint)
    return UserError("\n".join(dict.fromkeys(error.message for error in found)), "\n  ".join(hints))
