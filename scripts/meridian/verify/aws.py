"""AWS clients for several threads, and what the error of an AWS call means."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from meridian.targets import Target

AWS_ERRORS = (BotoCoreError, ClientError)
Clients = Callable[[str, str], Any]
"""(service, region) -> boto3 client."""
_MISSING = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFound",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "UserNotFoundException",
    }
)

_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "ForbiddenException"}
)


def make_clients(target: Target) -> Clients:
    """Return a function that creates each client once; a boto3 session is not thread-safe."""
    lock = threading.Lock()
    create = cache(target.client)

    def client(service: str, region: str) -> Any:
        with lock:
            return create(service, region)

    return client


def describe_error(error: Exception) -> str:
    """Return an error as one short text, e.g. `AccessDenied: not authorized to ...`."""
    if isinstance(error, ClientError):
        return f"{error_code(error)}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": .")
    return str(error).rstrip(".")


def error_code(error: Exception) -> str:
    """Return the error code of an AWS answer, or nothing for another error."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def is_missing(error: Exception) -> bool:
    """Return whether AWS answered that the resource does not exist."""
    return error_code(error) in _MISSING


def is_denied(error: Exception) -> bool:
    """Return whether AWS refused the call for want of a right."""
    return error_code(error) in _DENIED
