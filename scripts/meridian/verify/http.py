"""Calls of the API, with timeouts and without redirects; on the local AWS every name resolves to this machine."""

import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from meridian.local.ports import LOOPBACK
from meridian.targets import Kind

Timeout = tuple[float, float]
"""Seconds for the connection, and for each part of the answer."""
# An HTTP API itself ends every call after 30 s.
TIMEOUT: Timeout = (5.0, 35.0)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `body` is empty if it was not a JSON object."""

    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True)
class NoAnswer:
    """The reason why nothing was observed."""

    reason: str


Resolver = Callable[[str], str | None]
"""Returns the address of a name, or None if it has none."""


def unknown(_: str) -> None:
    """Resolve no name."""


class LoopbackAdapter(HTTPAdapter):
    """Sends `<name>.localhost` to 127.0.0.1, as RFC 6761, 6.3 requires of resolvers, and other names where DNS says.

    The Host stays. No call leaves this machine.
    """

    def __init__(self, resolve: Resolver, **settings: Any) -> None:
        super().__init__(**settings)
        self._resolve = resolve

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request to this machine."""
        parts = urlsplit(request.url or "")
        name = parts.hostname or ""
        if not _is_loopback(name):
            address = LOOPBACK if name.endswith(".localhost") else self._resolve(name)
            if address is None or not _is_loopback(address):
                raise requests.ConnectionError(f"Name or service not known: {name}")
            request.headers["Host"] = parts.netloc
            port = f":{parts.port}" if parts.port else ""
            request.url = urlunsplit(parts._replace(netloc=f"{address}{port}"))
        return super().send(request, *args, **kwargs)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def session(kind: Kind, resolve: Resolver = unknown) -> requests.Session:
    """Return a session for one thread; local calls bypass every proxy, and resolve names with `resolve`.

    Only a failed connection is retried, never an answer.
    """
    made = requests.Session()
    retries = Retry(total=None, connect=2, read=False, redirect=0, status=0, other=0, backoff_factor=0.3)
    # Without an `auth` of its own, requests replaces the token with the password of a .netrc.
    made.auth = lambda request: request
    if kind == "local":
        made.trust_env = False
        made.mount("http://", LoopbackAdapter(resolve, max_retries=retries))
    else:
        made.mount("https://", HTTPAdapter(max_retries=retries))
    return made


def send_get(
    caller: requests.Session, url: str, headers: Mapping[str, str] | None = None, timeout: Timeout | None = None
) -> Answer | NoAnswer:
    """Return the answer of GET `url`; a redirect is an answer and is not followed."""
    return send(caller, "GET", url, headers, None, timeout)


def send(
    caller: requests.Session,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    timeout: Timeout | None = None,
) -> Answer | NoAnswer:
    """Return the answer of one call, whose body is JSON unless it is None; a redirect is not followed."""
    try:
        response = caller.request(
            method, url, headers=dict(headers or {}), json=body, timeout=timeout or TIMEOUT, allow_redirects=False
        )
    except requests.RequestException as error:
        return NoAnswer(_cause(error))
    return Answer(response.status_code, parse_object(response.content))


def parse_object(text: str | bytes) -> Mapping[str, Any]:
    """Return a JSON object, empty if the text is not one."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _cause(error: requests.RequestException) -> str:
    # The text of the exception repeats the whole URL; only its innermost cause is of use.
    text = str(error)
    for sign in ("Connection refused", "Name or service not known", "timed out", "certificate verify failed"):
        if sign in text:
            return sign.lower()
    return type(error).__name__
