"""What the error of an AWS call means."""

from botocore.exceptions import BotoCoreError, ClientError

AWS_ERRORS = (BotoCoreError, ClientError)
_DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "ForbiddenException",
        "UnauthorizedOperation",
    }
)


def error_code(error: Exception) -> str:
    """Return the error code of an AWS answer, or nothing for another error."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def describe_error(error: Exception) -> str:
    """Return an error as one short text, e.g. `AccessDenied: not authorized to ...`."""
    if isinstance(error, ClientError):
        return f"{error_code(error)}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": .")
    return str(error).rstrip(".")


def is_denied(error: Exception) -> bool:
    """Return whether AWS refused the call for want of a right."""
    return error_code(error) in _DENIED
