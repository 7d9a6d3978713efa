"""An AWS in memory, at the boundary where boto3 clients are handed out; and an API on this machine."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from meridian.inventory.model import Environment, Region
from meridian.targets import Target
from meridian.verify.deployment import Deployment, Identity, Regional
from meridian.verify.findings import Reporter
from meridian.verify.run import Run

REGIONS = ("us-east-1", "eu-west-1")
REPOSITORY = "https://github.com/example-org/meridian.git"


def refused(code: str, message: str = "no") -> ClientError:
    """Return what boto3 raises when AWS answers with that code."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def place(region: str = "us-east-1", api_url: str = "http://127.0.0.1:9") -> Regional:
    """Return one region's deployment."""
    topic = f"arn:aws:sns:{region}:100000000001:greeter-dev-verification"
    return Regional(region, api_url, "greeter-dev-greet", f"greetings-{region}", topic)


def target(root: Path, *, protected: bool = False, regions: tuple[str, ...] = REGIONS) -> Target:
    """Return a local target; nothing listens at its endpoint."""
    places = tuple(Region(name, {}) for name in regions)
    environment = Environment(
        "dev", "100000000001", regions[0], protected, None, {}, places, "aws", prefix="greeter-dev"
    )
    return Target("local", root, environment, REPOSITORY, "http://127.0.0.1:9")


class Aws:
    """Every service of every region: what was made, what was called, and the faults and answers of operations."""

    def __init__(self) -> None:
        self.things: dict[str, set[str]] = {"queue": set(), "subscription": set(), "user": set(), "client": set()}
        self.items: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.calls: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.faults: dict[str, BaseException] = {}
        self.answers: dict[str, Any] = {}
        self.inbox: list[dict[str, str]] = []
        self.deleted: list[str] = []
        self.put_back: list[str] = []
        self.routes = {"GET /greet": "JWT", "GET /status": "NONE"}

    def client(self, service: str, region: str) -> "Service":
        """Return a client, as Target.client does."""
        return Service(self, service, region)


_REMOVALS = {
    "admin_delete_user": ("user", "UserNotFoundException"),
    "delete_user_pool_client": ("client", "ResourceNotFoundException"),
    "delete_queue": ("queue", "QueueDoesNotExist"),
    "unsubscribe": ("subscription", "NotFound"),
}


class Service:
    """One boto3 client: a method per operation, named as boto3 names it."""

    def __init__(self, aws: Aws, service: str, region: str) -> None:
        self.aws, self.service, self.region = aws, service, region

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def call(**asked: Any) -> Any:
            self.aws.calls.append(f"{self.service}.{operation}")
            if fault := self.aws.faults.get(operation):
                raise fault
            self.aws.asked.append(asked)
            if operation in self.aws.answers:
                return self.aws.answers[operation]
            if operation in _REMOVALS:
                return self._remove(*_REMOVALS[operation], *asked.values())
            answer = getattr(self, f"_{operation}", None)
            return answer(**asked) if answer else {}

        return call

    def _remove(self, kind: str, missing: str, *names: str) -> None:
        if names[-1] not in self.aws.things[kind]:
            raise refused(missing)
        self.aws.things[kind].remove(names[-1])

    def get_paginator(self, operation: str) -> Any:
        """Return a paginator with the operation's answer as its only page."""
        call = self.__getattr__(operation)
        return type("Paginator", (), {"paginate": staticmethod(lambda **asked: [call(**asked)])})

    def _get_routes(self, **_: Any) -> Any:
        found = self.aws.routes.items()
        return {"Items": [{"RouteKey": key, "AuthorizationType": kind} for key, kind in found]}

    def _describe_user_pool(self, **_: Any) -> Any:
        return {"UserPool": {}}

    def _sign_up(self, Username: str, **_: Any) -> Any:
        self.aws.things["user"].add(Username)
        return {"UserSub": "subject"}

    def _admin_create_user(self, Username: str, **_: Any) -> Any:
        self.aws.things["user"].add(Username)
        return {"User": {"Attributes": [{"Name": "sub", "Value": "subject"}]}}

    def _create_user_pool_client(self, ClientName: str, **_: Any) -> Any:
        self.aws.things["client"].add(ClientName)
        return {"UserPoolClient": {"ClientId": ClientName}}

    def _list_users(self, **_: Any) -> Any:
        values = [[("email", name), ("sub", "subject")] for name in sorted(self.aws.things["user"])]
        attributes = [[{"Name": name, "Value": value} for name, value in user] for user in values]
        return {"Users": [{"Username": user[0]["Value"], "Attributes": user} for user in attributes]}

    def _list_user_pool_clients(self, **_: Any) -> Any:
        return {"UserPoolClients": [{"ClientName": n, "ClientId": n} for n in sorted(self.aws.things["client"])]}

    def _create_queue(self, QueueName: str, **_: Any) -> Any:
        self.aws.things["queue"].add(f"{self.region}/{QueueName}")
        return {"QueueUrl": f"{self.region}/{QueueName}"}

    def _get_queue_url(self, QueueName: str) -> Any:
        if f"{self.region}/{QueueName}" not in self.aws.things["queue"]:
            raise refused("AWS.SimpleQueueService.NonExistentQueue")
        return {"QueueUrl": f"{self.region}/{QueueName}"}

    def _list_queues(self, **_: Any) -> Any:
        return {"QueueUrls": sorted(url for url in self.aws.things["queue"] if url.startswith(self.region))}

    def _receive_message(self, **_: Any) -> Any:
        found, self.aws.inbox = self.aws.inbox, []
        if not found:
            time.sleep(0.02)
        return {"Messages": found} if found else {}

    def _delete_message(self, ReceiptHandle: str, **_: Any) -> None:
        self.aws.deleted.append(ReceiptHandle)

    def _change_message_visibility(self, ReceiptHandle: str, **_: Any) -> None:
        self.aws.put_back.append(ReceiptHandle)

    def _subscribe(self, Endpoint: str, **_: Any) -> Any:
        self.aws.things["subscription"].add(Endpoint)
        return {"SubscriptionArn": Endpoint}

    def _list_subscriptions_by_topic(self, **_: Any) -> Any:
        found = sorted(self.aws.things["subscription"])
        return {"Subscriptions": [{"Endpoint": name, "SubscriptionArn": name} for name in found]}

    def _query(self, TableName: str, ExpressionAttributeValues: Any, **_: Any) -> Any:
        found = self.aws.items.get((self.region, TableName), [])
        # An item of a test that has no `key` is found by every key.
        wanted = ExpressionAttributeValues[":k0"]
        return {"Items": [item for item in found if item.get("key", wanted) == wanted]}

    def _delete_item(self, TableName: str, Key: Any) -> None:
        held = self.aws.items.get((self.region, TableName), [])
        name = "key" if "key" in Key else "greeting_id"
        self.aws.items[self.region, TableName] = [i for i in held if i.get(name) != Key[name]]


def make_run(root: Path, aws: Aws) -> Run:
    """Return a verification against the AWS in memory."""
    identity = Identity("us-east-1", "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_p", "app", "us-east-1_p")
    deployment = Deployment(identity, tuple(place(region) for region in REGIONS))
    return Run(target(root), deployment, aws.client, Reporter(quiet=True))


Reply = Callable[[str, dict[str, str]], tuple[int, Any]]
"""(path, headers) -> (status, body); the headers have the call's `:method` and `:body` too."""


@contextmanager
def served(reply: Reply) -> Iterator[str]:
    """Serve `reply(path, headers) -> (status, body)` on this machine; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, body = reply(self.path, dict(self.headers) | {":method": self.command, ":body": sent})
            text = json.dumps(body).encode()
            self.send_response(status)
            if status in {301, 302}:
                self.send_header("Location", str(body))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
