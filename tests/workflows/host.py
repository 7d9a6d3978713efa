"""The parts of the GitHub API that the workflows call, served on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "/repos/example-org/meridian/"
BOT = {"login": "github-actions[bot]"}


@dataclass
class Host:
    """The state of GitHub: comments (those of issue 0 are issues) in their order, the reviewers of each environment."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    reviewers: dict[str, list[str]] = field(default_factory=dict)
    private: bool = False
    calls: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Return status and JSON of one call."""
        where = urlsplit(path)
        self.calls.append(f"{method} {where.path.removeprefix(REPOSITORY)}")
        if f"{where.path}/" == REPOSITORY:
            return 200, {"private": self.private}
        parts = where.path.removeprefix(REPOSITORY).split("/")
        if parts[0] == "environments" and method == "GET":
            return self._environment(parts[1])
        if parts[:2] == ["issues", "comments"] and method == "PATCH":
            (found,) = [one for one in self.comments if one["id"] == int(parts[2])]
            found["body"] = body["body"]
            return 200, found
        if parts[0] == "issues" and parts[2:] == []:
            return self._issues(method, parts[1:], parse_qs(where.query), body)
        if parts[0] == "issues" and parts[2:] == ["comments"]:
            return self._comments(method, int(parts[1]), parse_qs(where.query), body)
        return 404, {"message": "Not Found"}

    def _environment(self, name: str) -> tuple[int, Any]:
        if name not in self.reviewers:
            return 404, {"message": "Not Found"}
        reviewers = [{"type": "User", "reviewer": {"login": login}} for login in self.reviewers[name]]
        rules = [{"type": "branch_policy"}, {"type": "required_reviewers", "reviewers": reviewers}]
        return 200, {"name": name, "protection_rules": rules}

    def _issues(self, method: str, path: list[str], query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        issues = [one for one in self.comments if one["issue"] == 0]
        if method == "PATCH":
            (found,) = [one for one in issues if one["number"] == int(path[0])]
            found |= body
            return 200, found
        if method == "POST":
            number = len(self.comments) + 1
            made = {"id": number, "number": number, "issue": 0, "user": BOT, "state": "open", **body}
            self.comments.append(made)
            return 201, made
        size, page = int(query["per_page"][0]), int(query["page"][0])
        return 200, [one for one in issues if one["state"] == "open"][size * (page - 1) : size * page]

    def _comments(self, method: str, number: int, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "POST":
            made = {"id": len(self.comments) + 1, "issue": number, "user": BOT, "body": body["body"]}
            self.comments.append(made)
            return 201, made
        size, page = int(query["per_page"][0]), int(query["page"][0])
        of_issue = [one for one in self.comments if one["issue"] == number]
        return 200, of_issue[size * (page - 1) : size * page]


@contextmanager
def serving() -> Iterator[Host]:
    """Yield a GitHub API that answers at its `url` until the end."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = host.answer(self.command, self.path, body)
            if self.headers.get("Authorization") != "Bearer token-of-the-test":
                status, answer = 401, {"message": "Bad credentials"}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host.url = f"http://127.0.0.1:{server.server_port}"
        yield host
        server.shutdown()
