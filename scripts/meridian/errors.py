"""Every way a command can end: the exit codes, and one exception for each."""

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code says; the same for every command."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNKNOWN = 3
    FAILED = 4
    BUG = 70


class MeridianError(Exception):
    """A failure that a person can act on: what happened, and what to do.

    `message` is one sentence that says where and what; `hint` says what would be right.
    Anything that is not a MeridianError is our own bug.
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
    """The security gate, or a comparison, found what must not be (exit 1)."""

    code = Exit.FINDINGS


class CouldNotTell(MeridianError):
    """Nothing could be observed, so nothing can be said (exit 3, never green)."""

    code = Exit.UNKNOWN


class OperationFailed(MeridianError):
    """Something that was begun did not succeed (exit 4)."""

    code = Exit.FAILED


def together(errors: Iterable[MeridianError]) -> MeridianError:
    """Return one error for several: the first that is no bad input, else a UserError that tells them all, each once."""
    found = list(errors)
    for error in found:
        if not isinstance(error, UserError):
            return error
    hints = dict.fromkeys(error.hint for error in found if error.hint)
    return UserError("\n".join(dict.fromkeys(error.message for error in found)), "\n  ".join(hints))
