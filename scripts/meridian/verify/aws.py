"""AWS clients for several threads, and what the error of an AWS call means."""

import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from meridian.targets import Target

AwsError = BotoCoreError | ClientError
AWS_ERRORS = (BotoCoreError, ClientError)
Clients = Callable[[str, str], Any]
"""(service, region) -> boto3 client."""
_MISSING = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "UserNotFoundException",
    }
)


def make_clients(target: Target) -> Clients:
    """Return a function that creates each client once; a boto3 session is not thread-safe."""
    lock = threading.Lock()
    made: dict[tuple[str, str], Any] = {}

    def client(service: str, region: str) -> Any:
        with lock:
            if (service, region) not in made:
                made[service, region] = target.client(service, region)
            return made[service, region]

    return client


def describe_error(error: AwsError) -> str:
    """Return an error as one short text, e.g. `AccessDenied: not authorized to ...`."""
    if isinstance(error, ClientError):
        return f"{_code(error)}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": .")
    return str(error).rstrip(".")


def is_missing(error: AwsError) -> bool:
    """Return whether AWS answered that the resource does not exist."""
    return _code(error) in _MISSING


def has_code(error: AwsError, *codes: str) -> bool:
    """Return whether AWS answered with one of these error codes."""
    return _code(error) in codes


def _code(error: AwsError) -> str:
    if not isinstance(error, ClientError):
        return ""
    # SQS has other error names in its JSON protocol than in its query protocol.
    return str(error.response.get("Error", {}).get("Code", "")).rsplit("#", 1)[-1]
