"""Calls of the API, with timeouts and without redirects; names under .localhost resolve to this machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from meridian.targets import Kind

# An HTTP API itself ends every call after 30 s.
TIMEOUT = (5.0, 35.0)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `body` is empty if it was not a JSON object."""

    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True)
class NoAnswer:
    """The reason why nothing was observed."""

    reason: str


class LoopbackAdapter(HTTPAdapter):
    """Sends `<name>.localhost` to 127.0.0.1 with its Host kept, as RFC 6761, 6.3 requires of resolvers."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request to this machine."""
        parts = urlsplit(request.url or "")
        if (parts.hostname or "").endswith(".localhost"):
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
    made.auth = lambda request: request
    if kind == "local":
        made.trust_env = False
        made.mount("http://", LoopbackAdapter(max_retries=retries))
    else:
        made.mount("https://", HTTPAdapter(max_retries=retries))
    return made


def send_get(caller: requests.Session, url: str, headers: Mapping[str, str] | None = None) -> Answer | NoAnswer:
    """Return the answer of GET `url`; a redirect is an answer and is not followed."""
    return send(caller, "GET", url, headers)


def send(
    caller: requests.Session, method: str, url: str, headers: Mapping[str, str] | None = None, body: Any = None
) -> Answer | NoAnswer:
    """Return the answer of one call, whose body is JSON unless it is None; a redirect is not followed."""
    try:
        response = caller.request(
            method, url, headers=dict(headers or {}), json=body, timeout=TIMEOUT, allow_redirects=False
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
