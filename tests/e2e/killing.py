"""A proxy before the local AWS that counts calls, and a command that is killed or interrupted at one of them."""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil

from meridian import cli
from meridian.local import server
from tests.e2e.checkout import TIMEOUT_SECONDS, Checkout

LOG = "killed.log"
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}


@dataclass(frozen=True)
class Moment:
    """The call at which a command is killed: the `number`th of an operation, before or after its answer.

    `unit`: the command works on this unit alone, where other units would make calls at the same time.
    """

    operation: str
    number: int = 1
    answered: bool = True
    unit: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The option that chooses the unit."""
        return ("--unit", self.unit) if self.unit else ()

    def __str__(self) -> str:
        """Return the moment as the tests name it."""
        return f"{self.operation} {self.number} {'answered' if self.answered else 'sent'}"


@dataclass
class Proxy:
    """Passes every call on; at a moment it kills a process tree, or sends SIGTERM and takes its time to answer."""

    upstream: str
    moment: Moment
    slow_seconds: float = 0
    process: "subprocess.Popen[str] | None" = None
    seen: list[str] = field(default_factory=list)
    reached: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, operation: str) -> bool:
        """Record a call; return whether it is the moment."""
        with self.lock:
            self.seen.append(operation)
            return operation == self.moment.operation and self.seen.count(operation) == self.moment.number

    def interrupt(self) -> None:
        """Send SIGTERM to the command while its call takes long."""
        self.reached = True
        if self.process is not None:
            self.process.terminate()
        time.sleep(self.slow_seconds)

    def kill(self) -> None:
        """Kill the command and everything that it started, as a power cut would."""
        self.reached = True
        if self.process is None:
            return
        with suppress(psutil.NoSuchProcess):
            top = psutil.Process(self.process.pid)
            family = [top, *top.children(recursive=True)]
            for one in family:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            psutil.wait_procs(family, timeout=10)


def read_operation(method: str, path: str, headers: Any, body: bytes) -> str:
    """Return the name of a call, e.g. CreateTable, or `upload us-east-1/data` for a state and `lock` for a lock."""
    target = headers.get("X-Amz-Target", "")
    if target:
        return str(target.rpartition(".")[2])
    if headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode("latin-1")).get("Action", ["?"])[0]
    name = urlsplit(path).path
    if method == "PUT" and name.endswith("/terraform.tfstate"):
        return f"upload {'/'.join(name.split('/')[-3:-1])}"
    if method == "PUT" and name.endswith(".tflock"):
        return f"lock {'/'.join(name.split('/')[-3:-1])}"
    if method == "POST" and name.rstrip("/").endswith("/2015-03-31/functions"):
        return "CreateFunction"
    if method == "POST" and name.startswith("/v2/apis/") and name.endswith("/routes"):
        return "CreateRoute"
    return f"{method} {name}"


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Print nothing."""

        def handle(self) -> None:
            """Serve a connection until the killed command closes or resets it."""
            with suppress(ConnectionError):
                super().handle()

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            now = proxy.count(read_operation(self.command, self.path, self.headers, body))
            where = urlsplit(proxy.upstream)
            upstream = http.client.HTTPConnection(str(where.hostname), where.port, timeout=120)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            if now and proxy.slow_seconds:
                proxy.interrupt()
            elif now and not proxy.moment.answered:
                proxy.kill()
                return
            with suppress(OSError):
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else None
                self.send_header("Content-Length", length or str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()
            if now and not proxy.slow_seconds:
                proxy.kill()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = _pass

    return Handler


@contextmanager
def proxied(upstream: str, moment: Moment, slow_seconds: float) -> Iterator[tuple[Proxy, str]]:
    """Yield a proxy and its address."""
    proxy = Proxy(upstream, moment, slow_seconds)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy)) as listening:
        listening.daemon_threads = True
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield proxy, f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


def kill_at(checkout: Checkout, moment: Moment, *words: str) -> bool:
    """Run a command of the command line and kill it at a moment; return whether it came that far."""
    return _run(checkout, moment, (*words, *moment.words))[0]


def interrupt_at(checkout: Checkout, moment: Moment, seconds: float, *words: str) -> int:
    """Run a command, send it SIGTERM at a call that then takes some seconds, and return its exit code."""
    reached, code = _run(checkout, moment, words, seconds)
    assert reached, f"The command ended before {moment}:\n{killed_log(checkout)}"
    return code


def _run(checkout: Checkout, moment: Moment, words: Sequence[str], slow_seconds: float = 0) -> tuple[bool, int]:
    with proxied(checkout.target("dev").endpoint or "", moment, slow_seconds) as (proxy, endpoint):
        log = checkout.home / LOG
        with log.open("a") as kept:
            kept.write(f"--- {moment}: {' '.join(words)}\n")
            kept.flush()
            proxy.process = subprocess.Popen(
                [sys.executable, __file__, endpoint, *words],
                cwd=checkout.root,
                env=checkout.environ(PYTHONPATH=os.pathsep.join([str(checkout.root / "scripts"), str(checkout.root)])),
                stdin=subprocess.DEVNULL,
                stdout=kept,
                stderr=subprocess.STDOUT,
                text=True,
            )
            code = proxy.process.wait(TIMEOUT_SECONDS)
        return proxy.reached, code


def killed_log(checkout: Checkout) -> str:
    """Return the last lines that the killed commands printed."""
    return "\n".join((checkout.home / LOG).read_text().splitlines()[-40:])


def main(endpoint: str, arguments: list[str]) -> int:
    """Run the command line with the local AWS behind another address."""
    find = server.find_server

    def found(*given: Any) -> server.Running | None:
        running = find(*given)
        return running and replace(running, endpoint=endpoint)

    server.find_server = found
    return cli.main(arguments)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.exit(main(sys.argv[1], sys.argv[2:]))
