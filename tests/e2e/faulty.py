"""A proxy in front of the local AWS that answers some calls itself, with faults that pass by themselves."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# The SDK repeats these by itself.
REPEATED = (
    (503, "ServiceUnavailable"),
    (400, "ThrottlingException"),
    (500, "InternalServerError"),
)
# The provider gives up at once; Terragrunt has to begin the unit again.
GIVEN_UP = (409, "ConflictException", "Unable to complete operation due to concurrent modification. Try again later.")
QUERY = "<ErrorResponse><Error><Code>{0}</Code><Message>{1}</Message></Error></ErrorResponse>"
S3 = "<Error><Code>{0}</Code><Message>{1}</Message></Error>"
JSON = '{{"__type": "{0}", "message": "{1}"}}'
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass
class Faults:
    """One call in `every` fails, and once the call that creates a route.

    `injected` counts the faults by code; `lost` names calls whose answer did not come back, which nobody wanted.
    """

    every: int
    calls: int = 0
    lost: list[str] = field(default_factory=list)
    injected: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, method: str, path: str) -> tuple[int, str, str] | None:
        """Return status, code and message of the fault that this call gets, if any."""
        with self._lock:
            self.calls += 1
            if method == "POST" and path.endswith("/routes") and GIVEN_UP[1] not in self.injected:
                fault = GIVEN_UP
            elif self.calls % self.every:
                return None
            else:
                fault = (*REPEATED[self.calls // self.every % len(REPEATED)], "Rate exceeded")
            self.injected[fault[1]] = self.injected.get(fault[1], 0) + 1
            return fault


class Proxy(BaseHTTPRequestHandler):
    """Answers a call with a fault, or passes it on."""

    server: "Server"
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if fault := self.server.faults.next(self.command, urlsplit(self.path).path):
            form = self._form()
            # S3 throttles with 503, and the answer to a HEAD has no body that could say it.
            status = 503 if form is S3 else fault[0]
            self._answer(status, {"x-amzn-ErrorType": fault[1]}, form.format(*fault[1:]).encode())
            return
        try:
            self._pass_on(body)
        except (OSError, http.client.HTTPException) as error:
            self.server.faults.lost.append(f"{self.command} {self.path}: {error!r}")
            raise

    def _pass_on(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(self.server.upstream, timeout=300)
        connection.request(self.command, self.path, body, dict(self.headers))
        with connection.getresponse() as answer:
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
            self._answer(answer.status, headers, answer.read(), answer.getheader("content-length"))
        connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _any

    def _form(self) -> str:
        """Return the form in which the called service answers an error."""
        # A state lock is JSON too.
        if "/s3/aws4_request" in self.headers.get("authorization", ""):
            return S3
        kind = self.headers.get("content-type", "")
        if "json" in kind or self.path.startswith(("/v2/", "/20")):
            return JSON
        return QUERY

    def _answer(self, status: int, headers: dict[str, str], body: bytes, length: str | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        # The answer to a HEAD has the length of a body that it lacks.
        head = self.command == "HEAD"
        self.send_header("Content-Length", length or "0" if head else str(len(body)))
        self.end_headers()
        if not head:
            self.wfile.write(body)

    def log_message(self, format: str, *_: object) -> None:
        """Print nothing."""


class Server(ThreadingHTTPServer):
    """Serves a proxy of `upstream`, a host with its port."""

    daemon_threads = True

    def __init__(self, upstream: str, faults: Faults) -> None:
        """Listen at a free port."""
        super().__init__(("127.0.0.1", 0), Proxy)
        self.upstream, self.faults = upstream, faults


@contextmanager
def faulty_aws(endpoint: str, every: int = 10) -> Iterator[tuple[str, Faults]]:
    """Serve the local AWS at another port, with faults, and yield its URL and what was injected."""
    faults = Faults(every)
    server = Server(urlsplit(endpoint).netloc, faults)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", faults
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
