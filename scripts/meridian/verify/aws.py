"""AWS clients for several threads."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from meridian.aws import error_code
from meridian.targets import Target

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


def make_clients(target: Target) -> Clients:
    """Return a function that creates each client once; a boto3 session is not thread-safe."""
    lock = threading.Lock()
    create = cache(target.client)

    def client(service: str, region: str) -> Any:
        with lock:
            return create(service, region)

    return client


def is_missing(error: Exception) -> bool:
    """Return whether AWS answered that the resource does not exist."""
    return error_code(error) in _MISSING
