"""What a failed AWS call means: the thing is not there, we may not look, or nobody can tell."""

from botocore.exceptions import BotoCoreError, ClientError

FAULTS = (BotoCoreError, ClientError)
Fault = BotoCoreError | ClientError
_ABSENT = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "UserNotFoundException",
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"})


def explain(error: Fault) -> str:
    """Return one short text for a person, e.g. `AccessDenied: not authorized to ...`."""
    if isinstance(error, ClientError):
        return f"{_code(error)}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": .")
    return str(error).rstrip(".")


def is_absent(error: Fault) -> bool:
    """Tell whether AWS answered that the thing does not exist."""
    return _code(error) in _ABSENT


def is_denied(error: Fault) -> bool:
    """Tell whether AWS answered that we may not."""
    return _code(error) in _DENIED


def is_refused(error: Fault, *codes: str) -> bool:
    """Tell whether AWS answered with one of these error codes."""
    return _code(error) in codes


def _code(error: Fault) -> str:
    if not isinstance(error, ClientError):
        return ""
    # SQS names its errors differently in its JSON and its query protocol.
    return str(error.response.get("Error", {}).get("Code", "")).rsplit("#", 1)[-1]
