"""Calls of the API against real servers on this machine."""

import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from meridian.verify import http
from meridian.verify.http import Answer, NoAnswer
from tests.verify.fakes import served


def test_a_localhost_name_is_called_on_this_machine_with_its_host() -> None:
    """The gateway finds the API by its Host; the name itself resolves nowhere."""
    with served(lambda path, headers: (200, {"host": headers["Host"], "path": path})) as address:
        host = f"abc.execute-api.localhost:{urlsplit(address).port}"
        with http.session("local") as caller:
            assert http.send_get(caller, f"http://{host}/greet") == Answer(200, {"host": host, "path": "/greet"})


def test_other_names_are_called_where_dns_says() -> None:
    """The address of the region that DNS answers decides which region is called."""
    with served(lambda path, headers: (200, {"host": headers["Host"], "path": path})) as address:
        host = f"api.example.com:{urlsplit(address).port}"
        with http.session("local", {"api.example.com": "127.0.0.1"}.get) as caller:
            assert http.send_get(caller, f"http://{host}/greet") == Answer(200, {"host": host, "path": "/greet"})


@pytest.mark.parametrize("address", [None, "192.0.2.1", "api.example.com"])
def test_a_local_call_never_leaves_this_machine(address: str | None) -> None:
    """A name without an address here gets no answer, whatever DNS says."""
    with http.session("local", lambda _: address) as caller:
        answer = http.send_get(caller, "http://api.example.com/greet", {"Authorization": "Bearer x"})
    assert answer == NoAnswer("name or service not known")


def test_local_calls_bypass_every_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the caller's environment never sees a local token."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with served(lambda *_: (200, {})) as address, http.session("local") as caller:
        assert http.send_get(caller, address) == Answer(200, {})


def test_a_netrc_never_replaces_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Requests puts a .netrc's password in the place of the Authorization header by default."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    sent = {"Authorization": "Bearer x"}
    with served(lambda _, headers: (200, {"seen": headers["Authorization"]})) as address, http.session("aws") as caller:
        assert http.send_get(caller, address, sent) == Answer(200, {"seen": "Bearer x"})


def test_a_redirect_is_an_answer() -> None:
    """A token is never sent to the target of a redirect."""
    asked = []

    def reply(path: str, _: dict[str, str]) -> tuple[int, Any]:
        asked.append(path)
        return (302, "/elsewhere") if path == "/greet" else (200, {})

    with served(reply) as address, http.session("local") as caller:
        assert http.send_get(caller, f"{address}/greet") == Answer(302, {})
    assert asked == ["/greet"]


@pytest.mark.parametrize("status", [429, 503])
def test_an_answer_is_never_retried(status: int) -> None:
    """Only a failed connection is retried."""
    asked = []

    def reply(path: str, _: dict[str, str]) -> tuple[int, Any]:
        asked.append(path)
        return status, ["not an object"]

    with served(reply) as address, http.session("local") as caller:
        assert http.send_get(caller, address) == Answer(status, {})
    assert len(asked) == 1


def test_a_refused_connection_is_unreachable() -> None:
    """Without a listener the region is down, after a bounded number of attempts."""
    with http.session("local") as caller:
        assert http.send_get(caller, "http://x.localhost:9/") == NoAnswer("connection refused")


def test_a_call_without_answer_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call is bounded in time."""
    monkeypatch.setattr(http, "TIMEOUT", (0.2, 0.2))
    ended = threading.Event()
    with served(lambda *_: (200, {"waited": ended.wait(5)})) as address, http.session("local") as caller:
        assert http.send_get(caller, address) == NoAnswer("timed out")
        ended.set()
