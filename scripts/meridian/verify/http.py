"""Calls of the API, with timeouts and without redirects; names under .localhost resolve to this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ProtocolError
from urllib3.util.retry import Retry

from meridian.targets import Kind

# An HTTP API itself ends every call after 30 s.
TIMEOUT = (5.0, 35.0)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `body` is empty if it was not a JSON object."""

    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True)
class NoAnswer:
    """The reason why nothing was observed; `reachable` is false if no connection was made."""

    reason: str
    reachable: bool = True


def is_this_machine(host: str) -> bool:
    """Return whether a host's name or address can only mean this machine."""
    return host in _LOOPBACK or host.endswith(".localhost")


class LoopbackAdapter(HTTPAdapter):
    """Sends `<name>.localhost` to 127.0.0.1 with its Host kept, as RFC 6761, 6.3 asks of resolvers."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request to this machine; raises requests.ConnectionError for any other host."""
        parts = urlsplit(request.url or "")
        host = parts.hostname or ""
        if not is_this_machine(host):
            raise requests.ConnectionError(f"{host} is not on this machine")
        if host.endswith(".localhost"):
            request.headers["Host"] = parts.netloc
            port = f":{parts.port}" if parts.port else ""
            request.url = urlunsplit(parts._replace(netloc=f"127.0.0.1{port}"))
        return super().send(request, *args, **kwargs)


def session(kind: Kind) -> requests.Session:
    """Return a session for one thread; local calls bypass every proxy.

    Only a failed connection is retried, never an answer.
    """
    made = requests.Session()
    retries = Retry(total=None, connect=2, read=False, redirect=0, status=0, other=0, backoff_factor=0.3)
    # Without an `auth` of its own, requests replaces the token with the password of a .netrc.
    made.auth = _keep_headers
    if kind == "local":
        made.trust_env = False
        made.mount("http://", LoopbackAdapter(max_retries=retries))
        made.mount("https://", LoopbackAdapter(max_retries=retries))
    else:
        made.mount("https://", HTTPAdapter(max_retries=retries))
    return made


def send_get(caller: requests.Session, url: str, headers: Mapping[str, str] | None = None) -> Answer | NoAnswer:
    """Return the answer of GET `url`; a redirect is an answer and is not followed."""
    try:
        response = caller.get(url, headers=dict(headers or {}), timeout=TIMEOUT, allow_redirects=False)
    except requests.ConnectionError as error:
        return NoAnswer(_cause(error), reachable=_was_connected(error))
    except requests.RequestException as error:
        return NoAnswer(type(error).__name__)
    return Answer(response.status_code, _parse_object(response))


def _parse_object(response: requests.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _cause(error: requests.ConnectionError) -> str:
    # The text of the exception repeats the whole URL; only its innermost cause is of use.
    text = str(error)
    for sign in ("Connection refused", "Name or service not known", "timed out", "certificate verify failed"):
        if sign in text:
            return sign.lower()
    return type(error).__name__


def _was_connected(error: requests.ConnectionError) -> bool:
    # urllib3 raises ProtocolError when a connection broke, and MaxRetryError when none was made.
    return bool(error.args) and isinstance(error.args[0], ProtocolError)


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
